#include "rest/dicomweb/wado_uri.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "rest/base_url.h"
#include "rest/dicomweb/picture.h"
#include "rest/dicomweb/retrieve.h"
#include "rest/dicomweb/stored_instances.h"
#include "rest/http/error.h"
#include "rest/http/known_etag.h"
#include "rest/http/media_type.h"
#include "rest/orthanc/edit_jobs.h"
#include "rest/orthanc/remake.h"
#include "rest/services.h"
#include "store/dicom/modify.h"
#include "store/image/image.h"

namespace dcmfs::rest {
namespace {

constexpr std::string_view kDicomFile = "application/dicom";
constexpr std::int64_t kSideMax = 16'384;

Error wrong(std::string why) {
  return {Errc::invalid_argument, std::move(why)};
}

// 9.4.1.2.4: the corners, from 0 to 1 of the picture.
Result<Region> parse_region(const std::string& text) {
  DCMFS_TRY(const auto corners, parse_numbers(text, 4, 4, "region"));
  const bool inside = std::ranges::all_of(corners, [](double at) { return at >= 0 && at <= 1; });
  if (!inside || corners[0] >= corners[2] || corners[1] >= corners[3])
    return wrong("region: xmin,ymin,xmax,ymax from 0 to 1");
  return Region{corners[0], corners[1], corners[2], corners[3]};
}

Result<PictureRequest> picture_request(const Parameters& query) {
  PictureRequest out;
  const auto* center = query.find("windowCenter");
  const auto* width = query.find("windowWidth");
  if ((center != nullptr) != (width != nullptr))
    return wrong("windowCenter and windowWidth go together");
  if (center != nullptr) {
    DCMFS_TRY(const auto numbers, parse_numbers(*center + ',' + *width, 2, 2, "the window"));
    if (std::isnan(numbers[0]) || !(numbers[1] >= 1)) return wrong("windowWidth is 1 or more");
    out.window = Window{.center = numbers[0], .width = numbers[1]};
  }
  for (const auto& [name, side] :
       {std::pair("rows", &out.viewport.height), std::pair("columns", &out.viewport.width)}) {
    DCMFS_TRY(const auto number, query.number(name));
    if (number && (*number < 1 || *number > kSideMax))
      return wrong(std::string(name) + " is from 1 to 16384");
    if (number) *side = static_cast<int>(*number);
  }
  if (const auto* region = query.find("region")) {
    DCMFS_TRY(out.region, parse_region(*region));
  }
  DCMFS_TRY(const auto quality, query.number("imageQuality"));
  if (quality && (*quality < 1 || *quality > 100)) return wrong("imageQuality is from 1 to 100");
  if (quality) out.quality = static_cast<int>(*quality);
  DCMFS_CHECK(parse_wishes(query, out));
  return out;
}

Response only_as_stored(const Request& request, const StoredFile& stored) {
  return failure_response(
      not_acceptable("application/dicom; transferSyntax=" + stored.transfer_syntax), request);
}

// Of this process: without a secret of the configuration the instances of a study, which are asked for one by one, stay
// one study, and nobody can tell whose after the process has ended.
const UidMap& uids_of_process() {
  static const UidMap map = UidMap::random();
  return map;
}

// 9.4.2.1: by the Basic Profile of PS3.15, as Orthanc's API does it for one instance.
Result<Response> anonymous_file(const Services& services, const Request& request, RowId row,
                                const StoredFile& stored) {
  DCMFS_TRY(const auto form,
            file_form(services, row, stored, {request.query.text("transferSyntax")}));
  if (!form) return only_as_stored(request, stored);
  DCMFS_TRY(const auto instance, services.store.get({Level::instance, row}));
  const UidMap& process = uids_of_process();
  // Who has no PatientID may be somebody else in each study.
  const auto own = UidMap::from_key(process.key() + instance.uids.study);
  const auto uids = services.deidentify_secret.empty()
                        ? process
                        : UidMap::from_secret(services.deidentify_secret);
  DCMFS_TRY(const auto modification,
            Modification::anonymize({.level = EditLevel::instance}, {}, uids,
                                    pseudonym(uids, own, instance.uids.patient_id)));
  auto edited = edited_file(
      services, row, [&](const Dataset& dataset) { return modification.edit_of(dataset); },
      form->transfer_syntax);
  if (!edited && edited.error().code == Errc::not_supported) return only_as_stored(request, stored);
  if (!edited) return std::move(edited).error();
  DCMFS_TRY(auto part, part_of(std::move(edited->file), std::string(kDicomFile)));
  return single_response(std::move(part));
}

Result<Response> dicom_file(const Services& services, const Request& request, RowId row,
                            const StoredFile& stored) {
  DCMFS_TRY(const auto form,
            file_form(services, row, stored, {request.query.text("transferSyntax")}));
  if (!form) return only_as_stored(request, stored);
  auto part = dicom_part(services.store, row, *form);
  if (!part && part.error().code == Errc::not_supported) return only_as_stored(request, stored);
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

// 9.4.1.2: the presentation state that is asked for, of the same study as the image; nullptr: none is.
Result<std::unique_ptr<OpenInstance>> asked_state(const Services& services, const Parameters& query,
                                                  RowId image) {
  const auto uid = query.text("presentationUID"), series = query.text("presentationSeriesUID");
  if (uid.empty() && series.empty()) return std::unique_ptr<OpenInstance>();
  if (uid.empty() || series.empty())
    return wrong("presentationUID and presentationSeriesUID go together");
  DCMFS_TRY(const auto of, services.store.get({Level::instance, image}));
  DCMFS_TRY(const RowId row, find_instance(services.store, {of.uids.study, series, uid}));
  DCMFS_TRY(auto state, open_instance(services, row));
  return std::make_unique<OpenInstance>(std::move(state));
}

Result<Response> picture_response(const Services& services, const Request& request,
                                  const OpenInstance& instance, const OpenInstance* state,
                                  PictureType type, std::int64_t frame) {
  const auto pixels = describe_pixels(instance.file.dicom());
  if (!pixels) return failure_response(not_acceptable(kDicomFile), request);
  DCMFS_TRY(auto asked, picture_request(request.query));
  asked.type = type;
  // PS3.18 9.5.2: 400, not 404, also of what has one frame.
  if (frame > pixels->frames)
    return Error{Errc::invalid_argument, "there is no such frame; the first is 1"};
  const auto etag = etag_of_picture(request, instance.stored, media_type(type),
                                    state == nullptr ? nullptr : &state->stored);
  if (client_has(request, etag))
    return Response{.type = std::string(media_type(type)), .etag = etag};
  auto made = make_picture(instance.file.dicom(), static_cast<int>(frame - 1), asked,
                           state == nullptr ? nullptr : &state->file.dicom());
  if (!made && made.error().code == Errc::not_supported)
    return failure_response({406, orthanc_errors::kNotAcceptable, made.error().message}, request);
  if (!made) return std::move(made).error();
  Response response{
      .type = std::string(media_type(type)), .body = std::move(made->bytes), .etag = etag};
  warn_of(*made, base_url(services, request), response);
  return response;
}

}  // namespace

Result<Response> wado_uri(const Services& services, Request& request) {
  const Parameters& query = request.query;
  if (query.text("requestType") != "WADO") return wrong("requestType must be WADO");
  const NamedUids uids{query.text("studyUID"), query.text("seriesUID"), query.text("objectUID")};
  // PS3.18 9.4 wants all three, but there are clients that know one, which is enough.
  if (uids.instance.empty()) return wrong("objectUID is needed");
  DCMFS_TRY(const auto frame, query.number("frameNumber"));
  if (frame && *frame < 1) return wrong("frameNumber counts from 1");
  DCMFS_TRY(const RowId row, find_instance(services.store, uids));
  const auto* anonymize = query.find("anonymize");
  if (anonymize != nullptr && *anonymize != "yes") return wrong("anonymize is yes, or is not said");
  DCMFS_TRY(const auto state, asked_state(services, query, row));
  DCMFS_TRY(const auto instance, open_instance(services, row));

  // 9.1.2.1: what it is by default depends on what it is.
  const auto frames = instance.file.dicom().dataset.integer(tags::NumberOfFrames).value_or(1);
  const bool is_picture =
      instance.file.dicom().dataset.contains(tags::PixelData) && (frames <= 1 || frame);
  const auto* content_type = query.find("contentType");
  const bool is_said = content_type != nullptr && !content_type->empty();
  const auto accepted =
      accepted_types(is_said ? *content_type : std::string(header(request.headers, "Accept")));
  const std::string_view jpeg = media_type(PictureType::jpeg), png = media_type(PictureType::png);
  const std::array offered =
      is_picture ? std::array{jpeg, png, kDicomFile} : std::array{kDicomFile, jpeg, png};
  const auto best = best_of(accepted, {offered[0], offered[1], offered[2]});
  if (best == std::string_view::npos)
    return failure_response(not_acceptable("image/jpeg, image/png or application/dicom"), request);
  const bool is_file = offered[best] == kDicomFile;
  // 9.4.1.2 and 9.4.2: it is of files alone.
  if (anonymize != nullptr && !is_file)
    return wrong("anonymize goes with contentType=application/dicom");
  if (state != nullptr && is_file) return wrong("presentationUID goes with a picture");
  if (anonymize != nullptr) return anonymous_file(services, request, row, instance.stored);
  if (is_file) return dicom_file(services, request, row, instance.stored);
  return picture_response(services, request, instance, state.get(),
                          offered[best] == png ? PictureType::png : PictureType::jpeg,
                          frame.value_or(1));
}

}  // namespace dcmfs::rest
