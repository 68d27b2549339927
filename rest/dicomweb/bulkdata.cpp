#include "rest/dicomweb/bulkdata.h"

#include <algorithm>

#include "rest/base_url.h"
#include "rest/dicomweb/bulk_value.h"
#include "rest/dicomweb/encapsulated_document.h"
#include "rest/dicomweb/frames.h"
#include "rest/dicomweb/negotiation.h"
#include "rest/dicomweb/stored_instances.h"
#include "rest/http/error.h"
#include "rest/http/known_etag.h"
#include "rest/services.h"
#include "store/dicom/dicom_json.h"

namespace dcmfs::rest {
namespace {

constexpr std::string_view kOctetStream = "application/octet-stream";
constexpr std::string_view kBulkForms = "application/octet-stream, alone or in multipart/related";
// Behind the URI of pixel data: as what its codestreams are told of in parts.
constexpr std::string_view kPixelDataPath = "7FE00010", kFrames = "/frames/";
constexpr const char* kInParts = ".parts";

struct ValueForm {
  std::string type, etag, location;
  bool single;
};
Response value_response(ResponseBody body, const ValueForm& form) {
  if (form.single)
    return Response{.type = form.type,
                    .headers = {{"Content-Location", form.location}},
                    .body = std::move(body),
                    .etag = form.etag};
  auto part = part_of(std::move(body), form.type);
  part.location = form.location;
  return with_weak_etag(
      multipart_response(form.type.substr(0, form.type.find(';')), std::move(part)),
      form.etag + kInParts);
}

// PixelData of the data set itself.
Result<Response> pixels_response(const Services& services, const Request& request,
                                 const std::shared_ptr<const OpenInstance>& instance,
                                 const Element& element, const std::string& location) {
  DCMFS_TRY(const auto frames, FrameReader::of(instance));
  const auto last = frames.check(frames.count() - 1);
  if (!last && last.error().code != Errc::corrupt) return last.error();
  const bool is_encapsulated = element.length == Element::kUndefinedLength;
  auto form = pixel_form(request, *instance,
                         {.compressed = frames.count() == 1 ? Streams::one : Streams::many});
  // It is one or the other whatever the transfer syntax says; where frames begin must be known to tell them apart.
  if (!form || is_encapsulated != instance->file.dicom().syntax->encapsulated || !last)
    return failure_response(not_acceptable(kPixelForms), request);
  if (form->made == PixelForm::Made::decoded) {
    const std::string what = "value " + request.part("path") + (is_encapsulated ? " decoded" : "");
    const ValueForm as_value{form->content_type(), etag_of_bytes(instance->stored, what), location,
                             form->single};
    if (!is_encapsulated) return value_response(body_of(instance, element), as_value);
    if (client_has(request, as_value.etag + (form->single ? "" : kInParts)))
      return value_response({}, as_value);
    auto value = decoded_value(services, *instance);
    if (value) return value_response(*std::move(value), as_value);
    if (!is_about_pixels(value.error())) return std::move(value).error();
    const bool fits = frames.count() == 1 || !form->single;
    if (!form->may_be_stored || !fits)
      return failure_response(not_acceptable(kPixelForms), request);
    form = stored_form(*instance, *form);
  }
  auto answer = answer_frames(
      request, frames, {.numbers = {}, .all = frames.count()}, *form,
      "values " + request.part("path"), [location, count = frames.count()](int frame) {
        return count == 1 ? location : location + std::string(kFrames) + std::to_string(frame + 1);
      });
  if (!answer && is_about_pixels(answer.error()))
    return failure_response(not_acceptable(kPixelForms), request);
  return answer;
}

// As which of these types the client takes a value best; nullopt: none.
struct Taken {
  std::string_view type;
  bool single;
};
std::optional<Taken> taken_of(const Request& request,
                              std::initializer_list<std::string_view> types) {
  // A part of a value is no body of parts.
  const bool has_range = !header(request.headers, "Range").empty();
  for (const Wanted& one : wanted(request))
    for (const auto type : types)
      if (!type.empty() && one.type.accepts(type))
        return Taken{type, one.single && (!one.multipart || has_range)};
  return std::nullopt;
}

}  // namespace

Result<Response> retrieve_bulkdata(const Services& services, Request& request) {
  const std::string& path = request.part("path");
  if (const auto at = path.find(kFrames); at != path.npos && path.substr(0, at) == kPixelDataPath) {
    request.path["frames"] = path.substr(at + kFrames.size());
    return retrieve_frames(services, request);
  }
  DCMFS_TRY(const RowId row, find_instance(services.store, uids_of_path(request)));
  DCMFS_TRY(auto read, open_instance(services, row));
  const auto instance = std::make_shared<const OpenInstance>(std::move(read));
  const DicomFile& file = instance->file.dicom();
  const auto place = find_bulk_data(file.dataset, request.part("path"));
  if (!place) return Error{Errc::not_found, "there is no such value"};
  const Element& element = *place->element;
  const std::string location =
      instance_url(base_url(services, request), file.dataset) + "/bulkdata/" + request.part("path");

  if (element.tag == tags::PixelData && place->dataset == &file.dataset && file.syntax != nullptr)
    return pixels_response(services, request, instance, element, location);
  const bool is_document =
      element.tag == tags::EncapsulatedDocument && place->dataset == &file.dataset;
  const std::string own_type = is_document ? document_type(file.dataset) : std::string();
  const auto taken = taken_of(request, {kOctetStream, own_type});
  const std::string forms = (own_type.empty() ? "" : own_type + " or ") + std::string(kBulkForms);
  if (!taken) return failure_response(not_acceptable(forms), request);
  if (taken->type == own_type) {
    DCMFS_TRY(auto document, document_response(instance, own_type));
    if (taken->single) document.headers.emplace("Content-Location", location);
    return taken->single ? std::move(document)
                         : value_response(std::move(document.body),
                                          {own_type, document.etag, location, taken->single});
  }
  const auto etag = etag_of_bytes(instance->stored, "value " + request.part("path"));
  const ValueForm form{std::string(taken->type), etag, location, taken->single};
  if (element.length != Element::kUndefinedLength)
    return value_response(body_of(instance, element), form);
  // An icon, whose fragments are one picture.
  auto joined = file.syntax != nullptr ? joined_fragments(instance, element)
                                       : Error{Errc::not_supported, "an unknown transfer syntax"};
  if (!joined && is_about_pixels(joined.error()))
    return failure_response(not_acceptable(kBulkForms), request);
  if (!joined) return std::move(joined).error();
  return value_response(*std::move(joined), form);
}

}  // namespace dcmfs::rest
