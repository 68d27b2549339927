#pragma once
// The tables of the index, and how an older index becomes a current one.
#include <vector>

#include "store/attributes.h"
#include "store/detail/sqlite.h"

namespace dcmfs::detail {

// Makes or brings up to date. Refuses what a newer program made (not_supported)
// and what is no index of ours (corrupt).
Result<> upgrade_schema(Connection&);
// For readers, who change nothing: refuses what upgrade_schema would change.
Result<> check_schema(Connection&);

// Attributes whose column was added to an index that had instances, until they are filled.
Result<std::vector<const Attribute*>> unfilled_attributes(Connection&);
Result<> forget_unfilled(Connection&);

}  // namespace dcmfs::detail
