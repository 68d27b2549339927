#pragma once
// What a rebuild does about what is said of resources beside their files: the files do not know.
#include "store/detail/folders.h"
#include "store/detail/index.h"

namespace dcmfs::detail {

// Labels, metadata, attachments, protected patients, origins and the log of exports, as far as the old
// index can be read and the resource is there. Of what cannot be read the rest is taken all the same.
Result<> adopt_annotations(Index& made, const Folders&);

}  // namespace dcmfs::detail
