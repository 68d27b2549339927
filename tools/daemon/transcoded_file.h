#pragma once
// A stored file in another transfer syntax, as a file again.
#include <string_view>

#include "store/blob.h"
#include "store/result.h"
#include "store/spool.h"
#include "store/store.h"

namespace dcmfs::tools {

// Errors: not_supported (no target but Explicit and Implicit VR Little Endian; pixels that cannot be
// decoded), those of read_dicom, no_space, io.
Result<SpoolFile> transcoded_file(Store&, const Blob&, std::string_view transfer_syntax);

}  // namespace dcmfs::tools
