#pragma once
// What this node can commit to (PS3.4 J.3): that an instance is stored and its file there, whole.
#include <vector>

#include "net/commitment.h"
#include "store/store.h"

namespace dcmfs::net {

// In the order of the request. An error is one of the index or of the disk: nothing is known then.
Result<CommitmentReport> check_commitment(const Store&, const CommitmentRequest&);

}  // namespace dcmfs::net
