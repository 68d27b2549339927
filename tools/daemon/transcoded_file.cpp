#include "tools/daemon/transcoded_file.h"

#include <algorithm>
#include <vector>

#include "store/transcode.h"
#include "store/dicom/byte_source.h"
#include "store/dicom/reader.h"
#include "store/dicom/writer.h"

namespace dcmfs::tools {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;

Result<> append_all(SpoolFile& to, const SpoolFile& from) {
  DCMFS_TRY(const auto size, from.size());
  const auto source = file_source(from.fd(), size);
  std::vector<std::byte> piece(kPieceBytes);
  for (std::int64_t offset = 0; offset < size;) {
    DCMFS_TRY(const auto count, source->read(offset, piece));
    if (count == 0) return Error{Errc::io, "a spool file has become shorter"};
    DCMFS_CHECK(to.append(std::span(piece).first(count)));
    offset += static_cast<std::int64_t>(count);
  }
  return {};
}

}  // namespace

Result<SpoolFile> transcoded_file(Store& store, const Blob& file, std::string_view transfer_syntax) {
  constexpr std::string_view kTargets[] = {uids::ExplicitVRLittleEndian, uids::ImplicitVRLittleEndian};
  const auto* target = find_transfer_syntax(transfer_syntax);
  if (target == nullptr || std::ranges::find(kTargets, transfer_syntax) == std::end(kTargets))
    return Error{Errc::not_supported, "files can be had uncompressed only, little endian"};
  const auto source = file_source(file.fd(), file.size());
  DCMFS_TRY(const auto dicom, read_dicom(*source));
  DCMFS_TRY(const auto bare, net::transcode(store, file, *target));
  DCMFS_TRY(auto whole, store.spool());
  const auto head = encode_meta(dicom.dataset.text_or(tags::SOPClassUID, ""),
                                dicom.dataset.text_or(tags::SOPInstanceUID, ""), transfer_syntax,
                                dicom.meta.text_or({0x0002, 0x0016}, ""));  // SourceApplicationEntityTitle
  DCMFS_CHECK(whole.append(std::as_bytes(std::span(head))));
  DCMFS_CHECK(append_all(whole, bare));
  return whole;
}

}  // namespace dcmfs::tools
