#pragma once
// A query of which the index can answer only a part.
#include <functional>

#include "store/detail/folders.h"
#include "store/detail/index.h"

namespace dcmfs::detail {

// Conditions on attributes that the index does not keep are decided by a file of
// each candidate: its own for an instance, else any one below it.
Result<> search(const Index&, const Folders&, const Query&,
                const std::function<bool(const Resource&)>& each);
// Likewise; see Store.
Result<std::int64_t> count(const Index&, const Folders&, const Query&);
Result<std::vector<Identity>> identities(const Index&, const Folders&, const Query&);

}  // namespace dcmfs::detail
