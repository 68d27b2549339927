#include "rest/orthanc/frames.h"

#include <json/json.h>

#include "rest/http/gzip.h"
#include "rest/http/json.h"
#include "rest/http/known_etag.h"
#include "rest/orthanc/open_instance.h"
#include "rest/orthanc/resource_id.h"
#include "rest/orthanc/resources.h"
#include "rest/orthanc/slices.h"
#include "store/image/divide.h"
#include "store/image/fragments.h"

namespace dcmfs::rest {
namespace {

constexpr std::int64_t kRawBytesMax = std::int64_t{1} << 30;
constexpr const char* kFrameOperations[] = {"image-int16", "image-uint16", "image-uint8",
                                            "matlab",      "numpy",        "preview",
                                            "raw",         "raw.gz",       "rendered"};

std::int64_t frames_of(const Dataset& dataset) {
  return std::max<std::int64_t>(dataset.integer(tags::NumberOfFrames).value_or(1), 1);
}

// What a codestream is when it stands alone, where it has a media type.
std::string_view type_of(const TransferSyntax& syntax) {
  if (syntax.codec == Codec::jpeg && syntax.lossy) return "image/jpeg";
  if (syntax.codec == Codec::jpeg_2000) return "image/jp2";
  return "application/octet-stream";
}

constexpr std::string_view kGzEnd = ".gz";

struct RawFrame {
  std::string bytes{};
  std::string_view type;
  std::string etag;
};

// Nothing is decoded: any pixel data will do that says where its frames are.
// `etag_end` is what the answer adds to its ETag. Without bytes, if the client has them.
Result<RawFrame> raw(const Services& services, const Request& request, std::string_view etag_end) {
  DCMFS_TRY(const auto instance, open_instance(services, request));
  DCMFS_TRY(const int number, path_number(request, "frame"));
  const DicomFile& file = instance.file.dicom();
  const auto found = find_pixels(file);
  if (!found || file.syntax == nullptr)
    return Error{Errc::not_supported, "this instance has no frames"};
  const Element& pixels = *found->element;
  const auto frames = frames_of(file.dataset);
  if (number >= frames || frames > std::numeric_limits<int>::max())
    return Error{Errc::not_found, "no such frame; the first is 0"};
  RawFrame out{.type = type_of(*file.syntax),
               .etag = etag_of(instance.stored, "raw." + std::to_string(number)).append(etag_end)};
  if (client_has(request, out.etag)) return out;
  if (file.syntax->encapsulated) {
    DCMFS_TRY(const auto fragments, find_frame(file, pixels, static_cast<int>(frames), number));
    if (total_length(fragments) > kRawBytesMax)
      return Error{Errc::too_large, "a frame is too long"};
    DCMFS_TRY(out.bytes, read_ranges(*file.content, fragments, kRawBytesMax));
    return out;
  }
  DCMFS_TRY(const auto described, decodable_pixels(file));
  std::int64_t bits = std::int64_t{described.rows} * described.columns *
                      described.samples_per_pixel * described.bits_allocated;
  // PS3.3 C.7.6.3.1.2: of YBR_FULL_422 two pixels share their chrominance.
  if (described.photometric_interpretation.ends_with("_422")) bits = bits / 3 * 2;
  const auto begin = bits * number / 8, end = divided_up(bits * (number + 1), 8);
  if (end - begin > kRawBytesMax) return Error{Errc::too_large, "a frame is too long"};
  if (pixels.on_disk()) {
    DCMFS_TRY(out.bytes, read_range(*file.content, {pixels.offset + begin, end - begin}));
  } else {
    out.bytes =
        pixels.value.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
  }
  return out;
}

}  // namespace

Result<Response> frames(const Services& services, Request& request) {
  DCMFS_TRY(const auto instance, open_instance(services, request));
  JsonWriter json;
  json.begin_array();
  if (find_pixels(instance.file.dicom())) {
    // What a file says of itself may be anything, but no frame is less than a bit of it.
    const auto count =
        std::min(frames_of(instance.file.dicom().dataset), 8 * instance.file.blob()->size());
    if (count > kListedFramesMax) return too_many_frames();
    for (std::int64_t frame = 0; frame < count; ++frame) json.number(frame);
  }
  json.end_array();
  return written(std::move(json));
}

Result<Response> frame_operations(const Services& services, Request& request) {
  DCMFS_CHECK(find_resource(services, Level::instance, request.part("id")));
  Json::Value v = Json::arrayValue;
  for (const char* operation : kFrameOperations) v.append(operation);
  return json_response(v);
}

Result<Response> raw_frame(const Services& services, Request& request) {
  DCMFS_TRY(auto frame, raw(services, request, {}));
  return Response{.type = std::string(frame.type),
                  .body = std::move(frame.bytes),
                  .etag = std::move(frame.etag)};
}

Result<Response> raw_frame_gz(const Services& services, Request& request) {
  DCMFS_TRY(auto frame, raw(services, request, kGzEnd));
  return Response{
      .type = "application/gzip", .body = gzipped(frame.bytes), .etag = std::move(frame.etag)};
}

}  // namespace dcmfs::rest
