#pragma once
// The last step of rebuild() (store/check.h), which open() takes if a crash came
// before it: index.db.ready is a whole index that is to be the index.
#include "store/detail/folders.h"

namespace dcmfs::detail {

// Only for whoever has the store alone. Does nothing if there is nothing to finish.
Result<> finish_rebuild(const Folders&);

}  // namespace dcmfs::detail
