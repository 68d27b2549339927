#include "rest/dicomweb/wado_uri.h"

#include <algorithm>
#include <cmath>

#include "rest/dicomweb/picture.h"
#include "rest/dicomweb/retrieve.h"
#include "rest/dicomweb/stored_instances.h"
#include "rest/http/error.h"
#include "rest/http/media_type.h"
#include "rest/services.h"
#include "store/image/image.h"

namespace dcmfs::rest {
namespace {

constexpr std::string_view kDicomFile = "application/dicom";
constexpr std::int64_t kSideMax = 16'384;

Error wrong(std::string why) {
  return {Errc::invalid_argument, std::move(why)};
}

// 9.4.1.2.4: the corners, from 0 to 1 of the picture.
Result<> parse_region(const std::string& text, const PixelDescription& pixels, Viewport& viewport) {
  DCMFS_TRY(const auto corners, parse_numbers(text, 4, 4, "region"));
  const bool inside = std::ranges::all_of(corners, [](double at) { return at >= 0 && at <= 1; });
  if (!inside || corners[0] >= corners[2] || corners[1] >= corners[3])
    return wrong("region: xmin,ymin,xmax,ymax from 0 to 1");
  viewport.x = corners[0] * pixels.columns;
  viewport.y = corners[1] * pixels.rows;
  viewport.part_width = (corners[2] - corners[0]) * pixels.columns;
  viewport.part_height = (corners[3] - corners[1]) * pixels.rows;
  return {};
}

Result<PictureRequest> picture_request(const Parameters& query, const PixelDescription& pixels) {
  PictureRequest out;
  const auto* center = query.find("windowCenter");
  const auto* width = query.find("windowWidth");
  if ((center != nullptr) != (width != nullptr)) return wrong("windowCenter and windowWidth go together");
  if (center != nullptr) {
    DCMFS_TRY(const auto numbers, parse_numbers(*center + ',' + *width, 2, 2, "the window"));
    if (std::isnan(numbers[0]) || !(numbers[1] >= 1)) return wrong("windowWidth is 1 or more");
    out.window = Window{.center = numbers[0], .width = numbers[1]};
  }
  for (const auto& [name, side] : {std::pair("rows", &out.viewport.height), std::pair("columns", &out.viewport.width)}) {
    DCMFS_TRY(const auto number, query.number(name));
    if (number && (*number < 1 || *number > kSideMax)) return wrong(std::string(name) + " is from 1 to 16384");
    if (number) *side = static_cast<int>(*number);
  }
  if (const auto* region = query.find("region")) DCMFS_CHECK(parse_region(*region, pixels, out.viewport));
  DCMFS_TRY(const auto quality, query.number("imageQuality"));
  if (quality && (*quality < 1 || *quality > 100)) return wrong("imageQuality is from 1 to 100");
  if (quality) out.quality = static_cast<int>(*quality);
  return out;
}

Result<Response> dicom_file(const Services& services, const Request& request, RowId row, const StoredFile& stored) {
  DCMFS_TRY(const auto form, file_form(services, row, stored, {request.query.text("transferSyntax")}));
  if (!form) return failure_response(not_acceptable("application/dicom; transferSyntax=" + stored.transfer_syntax), request);
  auto part = dicom_part(services.store, row, *form);
  if (!part && part.error().code == Errc::not_supported)
    return failure_response(not_acceptable("application/dicom; transferSyntax=" + stored.transfer_syntax), request);
  if (!part) return std::move(part).error();
  Response response;
  if (form->target == nullptr) {
    DCMFS_TRY(auto blob, services.store.open_file(row));
    response = file_response(std::move(blob), {});
    response.etag = etag_of_bytes(stored, "");
  } else {
    response = single_response(*std::move(part));
  }
  response.type = kDicomFile;
  return response;
}

Result<Response> picture_of(const Request& request, const OpenInstance& instance, PictureType type, std::int64_t frame) {
  const auto pixels = describe_pixels(instance.file.dicom());
  if (!pixels) return failure_response(not_acceptable(kDicomFile), request);
  DCMFS_TRY(auto asked, picture_request(request.query, *pixels));
  asked.type = type;
  if (frame > pixels->frames) return Error{Errc::not_found, "there is no such frame; the first is 1"};
  auto bytes = make_picture(instance.file.dicom(), static_cast<int>(frame - 1), asked);
  if (!bytes && bytes.error().code == Errc::not_supported)
    return failure_response(not_acceptable(kDicomFile), request);
  if (!bytes) return std::move(bytes).error();
  std::string what(media_type(type));
  for (const auto& [name, value] : request.query.all()) what += '&' + name + '=' + value;
  return Response{.type = std::string(media_type(type)), .body = *std::move(bytes), .etag = etag_of_bytes(instance.stored, what)};
}

}  // namespace

Result<Response> wado_uri(const Services& services, Request& request) {
  const Parameters& query = request.query;
  if (query.text("requestType") != "WADO") return wrong("requestType must be WADO");
  const NamedUids uids{query.text("studyUID"), query.text("seriesUID"), query.text("objectUID")};
  if (uids.study.empty() || uids.series.empty() || uids.instance.empty())
    return wrong("studyUID, seriesUID and objectUID are needed");
  DCMFS_TRY(const auto frame, query.number("frameNumber"));
  if (frame && *frame < 1) return wrong("frameNumber counts from 1");
  DCMFS_TRY(const RowId row, find_instance(services.store, uids));
  if (query.find("anonymize") != nullptr)
    return failure_response({406, orthanc_errors::kNotAcceptable, "instances are not anonymized on their way"}, request);
  DCMFS_TRY(const auto instance, open_instance(services, row));

  // 9.1.2.1: what it is by default depends on what it is.
  const auto frames = instance.file.dicom().dataset.integer(tags::NumberOfFrames).value_or(1);
  const bool is_picture = instance.file.dicom().dataset.contains(tags::PixelData) && (frames <= 1 || frame);
  const auto* content_type = query.find("contentType");
  std::vector<MediaType> accepted;
  if (content_type != nullptr && !content_type->empty()) {
    accepted = accepted_types(*content_type);
  } else {
    accepted.push_back({is_picture ? "image/jpeg" : std::string(kDicomFile), {}, 1});
  }
  switch (best_of(accepted, {media_type(PictureType::jpeg), media_type(PictureType::png), kDicomFile})) {
    case 0:
      return picture_of(request, instance, PictureType::jpeg, frame.value_or(1));
    case 1:
      return picture_of(request, instance, PictureType::png, frame.value_or(1));
    case 2:
      return dicom_file(services, request, row, instance.stored);
    default:
      return failure_response(not_acceptable("image/jpeg, image/png or application/dicom"), request);
  }
}

}  // namespace dcmfs::rest
