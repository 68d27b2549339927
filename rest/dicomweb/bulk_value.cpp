#include "rest/dicomweb/bulk_value.h"

#include <algorithm>
#include <cstring>

#include "rest/services.h"
#include "store/dicom/byte_source.h"
#include "store/spool_blob.h"
#include "store/transcode.h"

namespace dcmfs::rest {
namespace {

constexpr std::int64_t kPieceBytesMax = 1 << 20;  // a multiple of every unit of byte order

// A value in pieces, in the byte order of DICOMweb.
class ValueSource : public Source {
 public:
  ValueSource(std::shared_ptr<const OpenInstance> instance, const Element& element)
      : instance_(std::move(instance)), element_(element) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    if (given_ == piece_.size()) {
      Element piece = element_;
      piece.offset += at_;
      piece.length = std::min(kPieceBytesMax, element_.length - at_);
      if (piece.length == 0) return std::size_t{0};
      DCMFS_TRY(piece_, read_value(instance_->file.dicom(), piece, piece.length));
      if (piece_.empty()) return Error{Errc::corrupt, "the file ends inside an element"};
      at_ += static_cast<std::int64_t>(piece_.size());
      given_ = 0;
    }
    const auto n = std::min(into.size(), piece_.size() - given_);
    std::memcpy(into.data(), piece_.data() + given_, n);
    given_ += n;
    return n;
  }

 private:
  std::shared_ptr<const OpenInstance> instance_;
  Element element_;
  std::string piece_;
  std::size_t given_ = 0;
  std::int64_t at_ = 0;
};

// Of what is in the file as it is to be sent: a part of the file, which a Range can be cut of.
bool is_in_file(const OpenInstance& instance, const Element& element) {
  const DicomFile& file = instance.file.dicom();
  return element.on_disk() && file.syntax != nullptr && !file.syntax->deflated &&
         !file.syntax->big_endian && !file.syntax->big_endian_pixels &&
         element.offset + element.length <= instance.file.blob()->size();
}

}  // namespace

Result<ResponseBody> decoded_value(const Services& services, const OpenInstance& instance) {
  if (!may_become_uncompressed(instance.file.dicom().syntax_uid))
    return Error{Errc::not_supported, "no decoder"};
  const auto* target = find_transfer_syntax(uids::ExplicitVRLittleEndian);
  DCMFS_TRY(const auto spooled,
            transcode(services.store, *instance.file.blob(), *target, TranscodedAs::file));
  DCMFS_TRY(auto blob, blob_of(spooled));
  const auto source = file_source(blob.fd(), blob.size());
  DCMFS_TRY(const auto file, read_dicom(*source));
  const Element* pixels = file.dataset.find(tags::PixelData);
  if (pixels == nullptr) return Error{Errc::not_supported, "no pixel data"};
  if (!pixels->on_disk()) return ResponseBody(pixels->value);
  return ResponseBody(
      FileRange{std::make_shared<const Blob>(std::move(blob)), pixels->offset, pixels->length});
}

ResponseBody body_of(std::shared_ptr<const OpenInstance> instance, const Element& element) {
  if (!element.on_disk()) return element.value;
  if (is_in_file(*instance, element))
    return FileRange{instance->file.blob(), element.offset, element.length};
  return Streamed{.source = std::make_unique<ValueSource>(instance, element),
                  .size = element.length};
}

}  // namespace dcmfs::rest
