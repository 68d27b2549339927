#pragma once
// The identifier of a C-MOVE or C-GET (PS3.4 C.4.2.1.4, C.4.3.1.3) as a query for instances. Values
// alone, no network.
#include "store/dicom/dataset.h"
#include "store/find/find_request.h"
#include "store/query.h"
#include "store/result.h"

namespace dcmfs::net {

// Strict: the unique keys of the level and all above must have a value, and those below must not be
// there. Keys that are not unique keys of the model are not looked at. Errors: invalid_argument (no
// level, or none of the model; no key has a value, so that all of the store would be meant; that of
// the level is there without one; a wildcard in a UID). They tell the attribute and never its value.
Result<Query> parse_retrieve_request(const Dataset& identifier, FindModel,
                                     Hierarchy = Hierarchy::liberal);

}  // namespace dcmfs::net
