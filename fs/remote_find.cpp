#include "fs/remote_find.h"

#include <algorithm>
#include <set>

#include "fs/node.h"
#include "store/dicom/json.h"
#include "store/dicom/text.h"
#include "store/entry_names.h"
#include "store/stable_hash.h"

namespace dcmfs::fs {
namespace {

constexpr std::size_t kRemoteNamePartBytesMax = 90;

// DOE^JOHN [12345678] 2004-01-19 CT Brain [A4711]
std::string name_of(const Dataset& study) {
  Dataset named = study;
  const auto modalities = study.texts(tags::ModalitiesInStudy);
  if (!modalities.empty()) named.set_text(tags::Modality, modalities.front());
  return std::string(cut_utf8(patient_name(named), kRemoteNamePartBytesMax)) + " " +
         std::string(cut_utf8(study_name(named), kRemoteNamePartBytesMax));
}

std::vector<RemoteFind::Study> studies_of(std::uint64_t folder, const std::vector<Dataset>& matches,
                                          Time now) {
  std::vector<RemoteFind::Study> studies;
  std::set<std::string> names;
  std::set<std::uint64_t> numbers;
  for (const Dataset& match : matches) {
    const auto uid = match.text_or(tags::StudyInstanceUID, "");
    const auto hash = stable_hash(std::to_string(folder) + " " + uid);
    const auto number = (hash ^ hash >> kRowBits) & kRowMask;
    // One that is told twice, or by a hash that another has, is left out.
    if (uid.empty() || !numbers.insert(number).second) continue;
    auto name = name_of(match);
    for (int attempt = 0; !names.insert(fold(name)).second; ++attempt) {
      name = told_apart(name_of(match), uid, attempt);
    }
    studies.push_back({number, name + ".json", keyword_json(match), now});
  }
  return studies;
}

}  // namespace

Result<Peers::Keys> parse_remote_path(std::string_view path) {
  Peers::Keys keys;
  DCMFS_TRY(const auto conditions, conditions_of(path));
  for (const auto& [given, value] : conditions) {
    // Of a study there are only all of them (PS3.4 C.3.4).
    const Tag tag = given == tags::Modality ? tags::ModalitiesInStudy : given;
    if (std::ranges::find(keys, tag, &Peers::Keys::value_type::first) != keys.end()) {
      return Error{Errc::invalid_argument, "a condition that stands twice"};
    }
    keys.emplace_back(tag, value);
  }
  return keys;
}

Result<RemoteFind::Answer> RemoteFind::answer(std::uint64_t folder, Time now) {
  DCMFS_TRY(const auto path, folders_.path(folder));
  {
    const std::scoped_lock lock(mutex_);
    for (const Kept& kept : answers_) {
      if (kept.folder == folder && now < kept.at + kFresh) return kept.answer;
    }
  }
  const auto slash = path.find('/');
  DCMFS_TRY(const auto keys, parse_remote_path(std::string_view(path).substr(slash + 1)));
  if (options_.peers == nullptr) return Error{Errc::not_found, "no such destination"};
  auto matches = options_.peers->find_studies(path.substr(0, slash), keys);
  if (!matches) {
    // That there is no host is no missing folder.
    const auto code = matches.error().code == Errc::not_found ? Errc::io : matches.error().code;
    return Error{code, matches.error().message};
  }
  auto fresh = std::make_shared<const std::vector<Study>>(studies_of(folder, *matches, now));
  const std::scoped_lock lock(mutex_);
  std::erase_if(answers_, [&](const Kept& kept) { return kept.folder == folder; });
  answers_.push_back({folder, now, fresh});
  if (answers_.size() > kAnswersMax) answers_.pop_front();
  return fresh;
}

Result<RemoteFind::Study> RemoteFind::study(std::uint64_t number) const {
  const std::scoped_lock lock(mutex_);
  for (const Kept& kept : answers_) {
    const auto found = std::ranges::find(*kept.answer, number, &Study::number);
    if (found != kept.answer->end()) return *found;
  }
  return Error{Errc::not_found, "this answer was forgotten"};
}

}  // namespace dcmfs::fs
