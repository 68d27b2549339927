#include "fs/find_folders.h"

#include <algorithm>
#include <set>

#include "fs/node.h"
#include "store/attributes.h"
#include "store/dicom/text.h"
#include "store/entry_names.h"
#include "store/stable_hash.h"

namespace dcmfs::fs {
namespace {

constexpr std::size_t kConditionsMax = 32;
constexpr std::size_t kNamePartBytesMax = 78;  // of patient, study and series in a link's name

std::uint64_t number_of(std::string_view path) {
  const auto h = stable_hash(path);
  return (h ^ h >> kRowBits) & kRowMask;
}

Result<std::string> link_name(const Store& store, const Resource& resource) {
  if (resource.key.level == Level::instance) return resource.uids.sop_instance + ".dcm";
  std::string name;
  for (auto key = resource.key;;) {
    DCMFS_TRY(const auto entry, store.entry(key));
    name.insert(0,
                std::string(cut_utf8(entry.name, kNamePartBytesMax)) + (name.empty() ? "" : " "));
    if (key.level == Level::patient) return safe_name(name);
    key = entry.parent;
  }
}

Result<std::vector<Link>> ask(const Store& store, const Query& query, std::size_t links_max) {
  std::vector<Link> links;
  std::set<std::string> taken;
  bool too_many = false;
  DCMFS_CHECK(store.find(query, [&](const Resource& resource) {
    too_many = links.size() == links_max;
    if (too_many) return false;
    auto name = link_name(store, resource);
    if (!name) return true;  // removed meanwhile
    for (int attempt = 0; !taken.insert(fold(*name)).second; ++attempt) {
      *name = told_apart(*name, resource.id.str(), attempt);
    }
    links.push_back({resource.key, *std::move(name), resource.last_update});
    return true;
  }));
  if (too_many) return Error{Errc::too_large, "too many match"};
  return links;
}

}  // namespace

Result<std::vector<PathCondition>> conditions_of(std::string_view path) {
  std::vector<PathCondition> conditions;
  for (const auto part : split(path, '/')) {
    if (conditions.size() == kConditionsMax) {
      return Error{Errc::invalid_argument, "too many conditions"};
    }
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return Error{Errc::not_found, "not a condition"};
    const auto keyword = part.substr(0, equals);
    const auto tag = tag_of(keyword);
    if (!tag || keyword_of(*tag) != keyword) return Error{Errc::not_found, "unknown keyword"};
    conditions.push_back({*tag, part.substr(equals + 1)});
  }
  return conditions;
}

Result<Query> parse_query_path(std::string_view path) {
  Query query;
  query.level = Level::patient;
  DCMFS_TRY(const auto conditions, conditions_of(path));
  for (const auto& [tag, value] : conditions) {
    DCMFS_TRY(auto matcher, Matcher::parse(tag, value));
    const auto* attribute = find_attribute(tag);
    query.level = std::max(query.level, attribute != nullptr ? attribute->level : Level::study);
    query.where.push_back({tag, std::move(matcher)});
  }
  return query;
}

std::uint64_t FindFolders::intern(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  auto number = number_of(path);
  for (;; number = (number + 1) & kRowMask) {
    const auto [at, is_new] = paths_.try_emplace(number, path);
    if (!is_new && at->second != path) continue;  // two paths with one hash
    if (is_new) by_age_.push_back(number);
    break;
  }
  if (by_age_.size() > kFoldersMax) {
    paths_.erase(by_age_.front());
    by_age_.pop_front();
  }
  return number;
}

Result<std::string> FindFolders::path(std::uint64_t number) const {
  const std::scoped_lock lock(mutex_);
  const auto found = paths_.find(number);
  if (found == paths_.end()) return Error{Errc::not_found, "this query was forgotten"};
  return found->second;
}

bool FindFolders::Kept::serves(std::int64_t seq_now, Time now) const {
  return seq == seq_now || (at.now <= now && now < at.now + kFresh);
}

const FindFolders::Kept* FindFolders::kept(std::uint64_t number) const {
  const auto found = std::ranges::find(answers_, number, &Kept::number);
  return found == answers_.end() ? nullptr : &*found;
}

Result<FindFolders::Answer> FindFolders::answer(std::uint64_t number, const Store& store,
                                                Moment at) {
  DCMFS_TRY(const auto text, path(number));
  const auto seq = store.changes().last();
  {
    const std::scoped_lock lock(mutex_);
    const auto* known = kept(number);
    if (known != nullptr && known->serves(seq, at.now)) return known->answer;
  }
  DCMFS_TRY(const auto query, parse_query_path(text));
  DCMFS_TRY(auto links, ask(store, query, links_max_));
  auto fresh = std::make_shared<const std::vector<Link>>(std::move(links));
  const std::scoped_lock lock(mutex_);
  keep({number, seq, at, fresh});
  return fresh;
}

Time FindFolders::changed(std::uint64_t number, const Store& store, Moment at) const {
  const auto seq = store.changes().last();
  const std::scoped_lock lock(mutex_);
  const auto* known = kept(number);
  const bool is_old = known != nullptr && known->seq != seq && known->serves(seq, at.now);
  return is_old ? known->at.last_change : at.last_change;
}

void FindFolders::keep(Kept fresh) {
  std::erase_if(answers_, [&](const Kept& old) { return old.number == fresh.number; });
  answers_.push_back(std::move(fresh));
  std::size_t links = 0;
  for (const auto& one : answers_) links += one.answer->size();
  while (answers_.size() > kAnswersMax || links > links_max_) {
    links -= answers_.front().answer->size();
    answers_.pop_front();
  }
}

}  // namespace dcmfs::fs
