#pragma once
// What changes are called in Orthanc's API: "NewStudy", "StableSeries", "UpdatedMetadata".
#include <string>
#include <string_view>
#include <vector>

#include "store/public_changes.h"

namespace dcmfs::rest {

// Of a removal "Deleted", which GET /changes never tells.
std::string name_of_change(ChangeType, Level);
// "NewStudy;StableStudy" as what PublicChanges looks for. invalid_argument: there is no such change.
Result<std::vector<PublicChanges::Kind>> changes_named(std::string_view list);

}  // namespace dcmfs::rest
