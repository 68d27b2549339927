#include "net/instance_head.h"

#include <algorithm>

#include "store/dicom/byte_source.h"
#include "store/dicom/reader.h"

namespace dcmfs::net {
namespace {

// The UIDs are elements of group 0008, which are short and stand before all others. Where something
// long stands before them, or all is deflated, more is read.
constexpr std::int64_t kShortHeadBytes = 2 << 10, kLongHeadBytes = 64 << 10;

Result<InstanceHead> read_first_bytes(int fd, std::int64_t bytes) {
  const auto source = file_source(fd, bytes);
  DCMFS_TRY(const DicomFile file, read_dicom(*source));
  return InstanceHead{.sop_class = file.dataset.text_or(tags::SOPClassUID, ""),
                      .sop_instance = file.dataset.text_or(tags::SOPInstanceUID, ""),
                      .meta_sop_class = file.meta.text_or(tags::MediaStorageSOPClassUID, ""),
                      .meta_sop_instance = file.meta.text_or(tags::MediaStorageSOPInstanceUID, ""),
                      .transfer_syntax = file.syntax_uid,
                      .dataset_offset = file.dataset_offset};
}

}  // namespace

Result<InstanceHead> read_instance_head(int fd, std::int64_t size) {
  auto head = read_first_bytes(fd, std::min(size, kShortHeadBytes));
  const bool is_told = head && !head->sop_class.empty() && !head->sop_instance.empty();
  if (is_told || size <= kShortHeadBytes) return head;
  return read_first_bytes(fd, std::min(size, kLongHeadBytes));
}

}  // namespace dcmfs::net
