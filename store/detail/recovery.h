#pragma once
// What open() repairs. Every step may be interrupted and done again.
#include "store/detail/parts.h"

namespace dcmfs::detail {

// What a crash left in blobs/ and the index; recover_spool then stores what came
// to light. Most of it only if no other process has the store open.
Result<> recover(Store::Parts&, Time now);

// The spool folders of processes that are no more, whoever else has the store open.
Result<> recover_spool(Store::Parts&, Time now);

}  // namespace dcmfs::detail
