#include "store/dicom/modify.h"

#include <algorithm>

#include "store/dicom/parent_attributes.h"
#include "store/dicom/recode.h"
#include "store/dicom/text.h"

namespace dcmfs {
namespace {

struct Identifier {
  EditLevel level;
  Tag tag;
};
constexpr Identifier kIdentifiers[] = {
    {EditLevel::patient, tags::PatientID},
    {EditLevel::study, tags::StudyInstanceUID},
    {EditLevel::series, tags::SeriesInstanceUID},
    {EditLevel::instance, tags::SOPInstanceUID},
};

using Member = decltype(EditScope::members)::value_type;

bool names(const TagPath& path, Tag tag) {
  return path.steps.empty() && path.tag == tag;
}
bool has_path_to(const std::vector<TagPath>& paths, Tag tag) {
  return std::ranges::any_of(paths, [tag](const TagPath& path) { return names(path, tag); });
}

std::string text_of(const Edit::Replacement& replacement) {
  return std::string(trim(replacement.value.value));
}

Error refused_identifier(Tag tag, std::string_view why) {
  return {Errc::invalid_argument, keyword_of(tag) + ": " + std::string(why)};
}

}  // namespace

EditRequest request_into_study_of(const Dataset& target) {
  EditRequest request;
  request.force = true;
  for (const auto& [with, tag] : shared_attributes()) {
    if (with == SharedWith::series) continue;
    const TagPath path{.steps = {}, .tag = tag, .private_creator = {}};
    const Element* of_target = target.find(tag);
    if (of_target != nullptr && !of_target->on_disk()) {
      request.replace.push_back({path, in_utf8(*of_target, target.character_set), {}});
    } else if (tag != tags::PatientID) {  // without one it is that of nobody, and stays
      request.remove.push_back(path);
    }
  }
  return request;
}

Result<EditRequest> request_into_new_study(EditRequest request, std::string_view study_uid) {
  const auto check = [](const TagPath& path) -> Result<> {
    const Tag top = path.steps.empty() ? path.tag : path.steps.front().sequence;
    if (top == tags::StudyInstanceUID) return refused_identifier(top, "is made new by splitting");
    const auto shared = shared_attributes();
    const auto row = std::ranges::find(shared, top, &SharedAttribute::tag);
    if (row == shared.end() || row->with == SharedWith::series)
      return refused_identifier(top, "is neither of a patient nor of a study");
    return {};
  };
  for (const auto& one : request.replace) DCMFS_CHECK(check(one.path));
  for (const auto* paths : {&request.remove, &request.clear, &request.keep})
    for (const auto& path : *paths) DCMFS_CHECK(check(path));
  request.replace.push_back(replacement(tags::StudyInstanceUID, study_uid));
  request.force = true;
  return request;
}

Result<Modification> Modification::modify(EditScope scope, EditRequest request, UidMap uids) {
  Modification made(std::move(scope), std::move(request), std::move(uids));
  DCMFS_CHECK(made.check_identifiers());
  const bool is_patient = made.scope_.level == EditLevel::patient;
  if (is_patient && made.replaced(tags::PatientID) == nullptr && !made.is_kept(tags::PatientID))
    return refused_identifier(tags::PatientID, "modifying a patient needs a new one in Replace");
  made.top_ = made.scope_.level;
  for (const auto& [level, tag] : kIdentifiers)
    if (made.replaced(tag) != nullptr) made.top_ = std::min(made.top_, level);
  made.choose_uids();
  return made;
}

Result<Modification> Modification::anonymize(EditScope scope, EditRequest request, UidMap uids,
                                             Anonymous anonymous) {
  Modification made(std::move(scope), std::move(request), std::move(uids));
  DCMFS_CHECK(made.check_identifiers());
  made.top_ = EditLevel::patient;
  made.choose_uids();
  const std::pair<Tag, std::string_view> defaults[] = {
      {tags::PatientID, anonymous.patient_id},
      {tags::PatientName, anonymous.patient_name},
      {tags::DeidentificationMethod, anonymous.method},
  };
  for (const auto& [tag, value] : defaults) {
    const bool is_said = made.replaced(tag) != nullptr || made.is_kept(tag) ||
                         has_path_to(made.request_.remove, tag) ||
                         has_path_to(made.request_.clear, tag);
    if (!is_said && !value.empty()) made.request_.replace.push_back(replacement(tag, value));
  }
  anonymous.options.retain_private |= made.request_.keep_private_tags;
  made.profile_ = {anonymous.options, made.request_.edition};
  return made;
}

Result<> Modification::check_identifiers() const {
  for (const auto& [level, tag] : kIdentifiers) {
    const Edit::Replacement* other = replaced(tag);
    if (has_path_to(request_.remove, tag) || has_path_to(request_.clear, tag))
      return refused_identifier(tag, "cannot be removed: it says what the instance belongs to");
    if (other != nullptr && is_kept(tag))
      return refused_identifier(tag, "is to be replaced and to be kept");
    if ((other != nullptr || is_kept(tag)) && !request_.force)
      return refused_identifier(
          tag, "replacing or keeping what identifies needs the option \"Force\" to be true");
    if (other == nullptr) continue;
    const std::string value = text_of(*other);
    if (value.empty() || value.find('\\') != std::string::npos)
      return refused_identifier(tag, "is one value, and not empty");
    if (level == EditLevel::instance && scope_.instances > 1)
      return refused_identifier(tag, "is that of one instance; this would make one of several");
    if (level > scope_.level && std::ranges::count(scope_.members, level, &Member::second) > 1)
      return refused_identifier(tag,
                                "is that of one study or series; this would make one of several");
  }
  return {};
}

// What the request says of identifiers holds for all that refer to them, too.
void Modification::choose_uids() {
  for (const auto& [uid, member_level] : scope_.members) {
    const auto identifier = std::ranges::find(kIdentifiers, member_level, &Identifier::level);
    const Edit::Replacement* other = replaced(identifier->tag);
    if (other != nullptr) {
      uids_.set(uid, text_of(*other));
    } else if (is_kept(identifier->tag) || !is_new(member_level)) {
      uids_.set(uid, uid);
    }
  }
}

bool Modification::is_new(EditLevel level) const {
  return level >= top_;
}

const Edit::Replacement* Modification::replaced(Tag tag) const {
  const auto found = std::ranges::find_if(
      request_.replace, [tag](const Edit::Replacement& one) { return names(one.path, tag); });
  return found != request_.replace.end() ? &*found : nullptr;
}

bool Modification::is_kept(Tag tag) const {
  return has_path_to(request_.keep, tag);
}

Edit Modification::edit_of(const Dataset& instance) const {
  Edit edit;
  edit.replace = request_.replace;
  edit.remove = request_.remove;
  edit.clear = request_.clear;
  edit.keep = request_.keep;
  if (profile_) {
    edit.deidentify =
        Deidentification{.edition = profile_->second, .options = profile_->first, .uids = &uids_};
  } else {
    edit.remove_private = request_.remove_private_tags;
    edit.new_uids = [this](std::string_view uid) {
      return scope_.members.contains(uid) ? uids_(uid) : std::string();
    };
  }
  const bool retains_uids = profile_ && profile_->first.retain_uids;
  for (const auto& [level, tag] : kIdentifiers) {
    if (level == EditLevel::patient || !is_new(level) || retains_uids) continue;
    if (replaced(tag) != nullptr || is_kept(tag)) continue;
    // What belongs to no study and no series still does not; every instance has a name.
    const std::string uid = instance.text_or(tag, "");
    if (!uid.empty()) {
      edit.replace.push_back(replacement(tag, uids_(uid)));
    } else if (level == EditLevel::instance) {
      edit.replace.push_back(replacement(tag, UidMap::random()("")));
    }
  }
  return edit;
}

}  // namespace dcmfs
