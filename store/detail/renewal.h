#pragma once
// Files that are read again: when a newer program sees more in the files than the one that indexed them:
// its index is brought up to date before open() returns. Interrupted, it starts anew.
#include "store/detail/parts.h"

namespace dcmfs::detail {

Result<> renew(Store::Parts&);

// See Store::reread(). It may be interrupted: what was read is in the index.
Result<> reread(Store::Parts&, Key);

}  // namespace dcmfs::detail
