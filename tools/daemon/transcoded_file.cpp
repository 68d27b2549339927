#include "tools/daemon/transcoded_file.h"

#include "store/dicom/transfer_syntax.h"
#include "store/transcode.h"

namespace dcmfs::tools {

Result<SpoolFile> transcoded_file(Store& store, const Blob& file, std::string_view transfer_syntax) {
  const auto* target = find_transfer_syntax(transfer_syntax);
  if (target == nullptr || !can_transcode_to(*target))
    return Error{Errc::not_supported, "files can be had uncompressed only, little endian"};
  return transcode(store, file, *target, TranscodedAs::file);
}

}  // namespace dcmfs::tools
