#include "rest/orthanc/change_names.h"

#include <algorithm>

#include "store/dicom/text.h"

namespace dcmfs::rest {
namespace {

struct Named {
  ChangeType type;
  std::string_view name;
  bool and_level;  // the level is part of the name
};
constexpr Named kChanges[] = {
    {ChangeType::added, "New", true},
    {ChangeType::removed, "Deleted", false},
    {ChangeType::modified, "Modified", true},
    {ChangeType::stable, "Stable", true},
    {ChangeType::completed, "Completed", true},
    {ChangeType::anonymized, "Anonymized", true},
    {ChangeType::updated_metadata, "UpdatedMetadata", false},
    {ChangeType::updated_attachment, "UpdatedAttachment", false},
};

}  // namespace

std::string name_of_change(ChangeType type, Level level) {
  const auto* found = std::ranges::find(kChanges, type, &Named::type);
  return std::string(found->name) +
         std::string(found->and_level ? info(level).title : std::string_view{});
}

Result<std::vector<PublicChanges::Kind>> changes_named(std::string_view list) {
  std::vector<PublicChanges::Kind> kinds;
  for (const std::string_view part : split(list, ';')) {
    const auto name = trim(part);
    if (name.empty()) continue;
    const auto before = kinds.size();
    for (const Named& change : kChanges)
      for (const LevelInfo& of : kLevels)
        if (name == name_of_change(change.type, of.level)) kinds.push_back({change.type, of.level});
    if (kinds.size() == before)
      return Error{Errc::invalid_argument, "there is no such type of change"};
  }
  return kinds;
}

}  // namespace dcmfs::rest
