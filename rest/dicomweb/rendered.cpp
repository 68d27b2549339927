#include "rest/dicomweb/rendered.h"

#include "rest/dicomweb/multipart_source.h"
#include "rest/dicomweb/negotiation.h"
#include "rest/dicomweb/picture.h"
#include "rest/dicomweb/stored_instances.h"
#include "rest/http/error.h"
#include "rest/services.h"

namespace dcmfs::rest {
namespace {

constexpr int kThumbnailPixels = 128;  // of the longer side
constexpr std::size_t kTriedMax = 16;  // instances, for one that is a picture

struct PictureForm {
  PictureType type;
  bool multipart;
};

std::optional<PictureForm> picture_form(const Request& request) {
  for (const Wanted& one : wanted(request))
    for (const auto type : {PictureType::jpeg, PictureType::png})
      if (one.type.accepts(media_type(type))) return PictureForm{type, !one.single};
  return std::nullopt;
}

// {frames} of the path, from 0 on.
Result<int> frame_of(const Request& request) {
  const auto found = request.path.find("frames");
  if (found == request.path.end()) return 0;
  DCMFS_TRY(const auto numbers, parse_numbers(found->second, 1, 1, "the number of a frame"));
  if (!(numbers[0] >= 1 && numbers[0] <= 1e9 && numbers[0] == static_cast<int>(numbers[0])))
    return Error{Errc::not_found, "there is no such frame; the first is 1"};
  return static_cast<int>(numbers[0]) - 1;
}

// The one in the middle that is a picture, or near it.
Result<Response> answer_picture(const Services& services, const Request& request, const PictureRequest& asked,
                                bool multipart) {
  DCMFS_TRY(const int frame, frame_of(request));
  DCMFS_TRY(const auto rows, find_instances(services.store, uids_of_path(request)));
  Error last{Errc::not_supported, "there is no picture"};
  for (std::size_t tried = 0; tried < std::min(rows.size(), kTriedMax); ++tried) {
    const RowId row = rows[(rows.size() / 2 + tried) % rows.size()];
    DCMFS_TRY(const auto instance, open_instance(services, row));
    auto bytes = make_picture(instance.file.dicom(), frame, asked);
    if (!bytes) {
      last = std::move(bytes).error();
      if (last.code != Errc::not_supported) return last;
      continue;
    }
    const std::string type(media_type(asked.type));
    if (multipart)
      return multipart_response(type, [type, bytes = *std::move(bytes), given = false]() mutable
                                          -> Result<std::optional<OutgoingPart>> {
        if (given) return std::optional<OutgoingPart>();
        given = true;
        return std::optional(part_of(std::move(bytes), type));
      });
    std::string what = request.path_text + type;
    for (const auto& [name, value] : request.query.all()) what += '&' + name + '=' + value;
    return Response{.type = type, .body = *std::move(bytes), .etag = etag_of_bytes(instance.stored, what)};
  }
  if (last.code == Errc::not_supported)
    return failure_response({406, orthanc_errors::kNotAcceptable, last.message}, request);
  return last;
}

}  // namespace

Result<Response> retrieve_rendered(const Services& services, Request& request) {
  const auto form = picture_form(request);
  if (!form) return failure_response(not_acceptable(kPictureTypes), request);
  DCMFS_TRY(auto asked, parse_picture_request(request.query));
  asked.type = form->type;
  return answer_picture(services, request, asked, form->multipart);
}

Result<Response> retrieve_thumbnail(const Services& services, Request& request) {
  const auto form = picture_form(request);
  if (!form) return failure_response(not_acceptable(kPictureTypes), request);
  DCMFS_TRY(auto asked, parse_picture_request(request.query));
  asked.type = form->type;
  if (asked.viewport.width == 0) asked.viewport.width = asked.viewport.height = kThumbnailPixels;
  return answer_picture(services, request, asked, form->multipart);
}

}  // namespace dcmfs::rest
