#include "rest/dicomweb/bulkdata.h"

#include <cstring>

#include "rest/dicomweb/frames.h"
#include "rest/dicomweb/negotiation.h"
#include "rest/dicomweb/stored_instances.h"
#include "rest/http/error.h"
#include "rest/services.h"
#include "store/dicom/dicom_json.h"

namespace dcmfs::rest {
namespace {

constexpr std::string_view kOctetStream = "application/octet-stream";
constexpr std::string_view kBulkForms = "application/octet-stream, alone or in multipart/related";
constexpr const char* kInParts = ".parts";
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
  return element.on_disk() && file.syntax != nullptr && !file.syntax->deflated && !file.syntax->big_endian &&
         !file.syntax->big_endian_pixels && element.offset + element.length <= instance.file.blob()->size();
}

OutgoingPart value_part(std::shared_ptr<const OpenInstance> instance, const Element& element) {
  const std::string type(kOctetStream);
  if (!element.on_disk()) return part_of(element.value, type);
  if (is_in_file(*instance, element)) return part_of(FileRange{instance->file.blob(), element.offset, element.length}, type);
  return {type, {}, element.length, std::make_unique<ValueSource>(instance, element)};
}

Result<Response> all_frames(std::shared_ptr<const OpenInstance> instance, std::string etag) {
  DCMFS_TRY(const auto frames, FrameReader::of(instance));
  const std::string type = std::string(kOctetStream) + "; transfer-syntax=" + instance->file.dicom().syntax_uid;
  auto frame = [frames, type, at = 0]() mutable -> Result<std::optional<OutgoingPart>> {
    if (at == frames.count()) return std::optional<OutgoingPart>();
    DCMFS_TRY(auto bytes, frames.stored(at++));
    return std::optional(part_of(std::move(bytes), type));
  };
  return with_weak_etag(multipart_response(kOctetStream, std::move(frame)), std::move(etag));
}

}  // namespace

Result<Response> retrieve_bulkdata(const Services& services, Request& request) {
  DCMFS_TRY(const RowId row, find_instance(services.store, uids_of_path(request)));
  DCMFS_TRY(auto read, open_instance(services, row));
  const auto instance = std::make_shared<const OpenInstance>(std::move(read));
  const auto place = find_bulk_data(instance->file.dicom().dataset, request.part("path"));
  if (!place) return Error{Errc::not_found, "there is no such value"};
  const Element& element = *place->element;

  bool single = false, multipart = false, single_first = false;
  for (const Wanted& one : wanted(request)) {
    if (!one.type.accepts(kOctetStream)) continue;
    if (!single && !multipart) single_first = !one.multipart;
    single = single || one.single;
    multipart = multipart || one.multipart;
  }
  const auto etag = etag_of_bytes(instance->stored, "value " + request.part("path"));
  // A part of a value is no body of parts.
  if (single && !header(request.headers, "Range").empty()) single_first = true;
  if (element.length == Element::kUndefinedLength) {
    if (!multipart || element.tag != tags::PixelData)
      return failure_response(not_acceptable("multipart/related; type=\"application/octet-stream\""), request);
    return all_frames(instance, etag + kInParts);
  }
  if (!single && !multipart) return failure_response(not_acceptable(kBulkForms), request);
  if (!single_first && multipart)
    return with_weak_etag(multipart_response(kOctetStream, value_part(instance, element)), etag + kInParts);
  const std::string type(kOctetStream);
  if (!element.on_disk()) return Response{.type = type, .body = element.value, .etag = etag};
  if (is_in_file(*instance, element))
    return Response{.type = type, .body = FileRange{instance->file.blob(), element.offset, element.length}, .etag = etag};
  Response response = single_response(value_part(instance, element));
  response.etag = etag;
  return response;
}

}  // namespace dcmfs::rest
