#pragma once
// An instance in another transfer syntax, for who takes nothing else: any that this build reads and
// decodes, into Explicit or Implicit VR Little Endian or what store/image/compress.h writes without loss.
#include "store/blob.h"
#include "store/dicom/reader.h"
#include "store/dicom/transfer_syntax.h"
#include "store/result.h"
#include "store/spool.h"
#include "store/store.h"

namespace dcmfs {

// Whether a file in this transfer syntax can be sent uncompressed, or compressed otherwise, at all; its
// pixels are looked at by transcode() alone.
bool may_become_uncompressed(std::string_view transfer_syntax);

// Whether this build writes it.
bool can_transcode_to(const TransferSyntax&);

// Whether this instance can be written so, by its attributes and the header of its first frame: not_supported,
// corrupt. A damaged frame shows only when it is decoded.
Result<> check_transcoding(const DicomFile&, const TransferSyntax& target);

enum class TranscodedAs : std::uint8_t {
  data_set,  // bare, as PS3.7 6.3.2 sends it
  file,      // of PS3.10
};

// In a spool file that goes with its owner. `target` is one that can_transcode_to() takes. What is large is
// copied in pieces: memory holds one frame at most. Compressed frames are one fragment each, with an offset table.
// Errors: not_supported (pixels that cannot be decoded or written so), those of read_dicom, no_space, io.
Result<SpoolFile> transcode(Store&, const Blob&, const TransferSyntax& target,
                            TranscodedAs = TranscodedAs::data_set);

// A file of a data set that was put together, whose long values are in `content`, at their offsets. Nothing is
// decoded or compressed: with an encapsulated `target`, PixelData is for who calls to append.
Result<SpoolFile> write_file(Store&, const DicomFile&, const TransferSyntax& target);

}  // namespace dcmfs
