#include "rest/dicomweb/rendered.h"

#include <algorithm>

#include "rest/dicomweb/base_url.h"
#include "rest/dicomweb/frames.h"
#include "rest/dicomweb/multipart_source.h"
#include "rest/dicomweb/negotiation.h"
#include "rest/dicomweb/picture.h"
#include "rest/dicomweb/stored_instances.h"
#include "rest/http/error.h"
#include "rest/http/known_etag.h"
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

// {frames} of the path, from 0 on; none: it is not about frames.
Result<std::vector<int>> frames_of(const Request& request) {
  const auto found = request.path.find("frames");
  if (found == request.path.end()) return std::vector<int>();
  return frame_numbers(found->second);
}

// The one in the middle that is a picture, or near it.
Result<Response> one_picture(const Services& services, const Request& request, const PictureRequest& asked, bool multipart) {
  DCMFS_TRY(const auto frames, frames_of(request));
  DCMFS_TRY(const auto rows, find_instances(services.store, uids_of_path(request)));
  Error last{Errc::not_supported, "there is no picture"};
  for (std::size_t tried = 0; tried < std::min(rows.size(), kTriedMax); ++tried) {
    const RowId row = rows[(rows.size() / 2 + tried) % rows.size()];
    DCMFS_TRY(const auto instance, open_instance(services, row));
    const std::string type(media_type(asked.type));
    const auto etag = etag_of_picture(request, instance.stored, type);
    if (!multipart && client_has(request, etag)) return Response{.type = type, .etag = etag};
    auto bytes = make_picture(instance.file.dicom(), frames.empty() ? 0 : frames.front(), asked);
    if (!bytes) {
      last = std::move(bytes).error();
      if (last.code != Errc::not_supported) return last;
      continue;
    }
    if (!multipart) return Response{.type = type, .body = *std::move(bytes), .etag = etag};
    return multipart_response(type, [type, bytes = *std::move(bytes), given = false]() mutable
                                        -> Result<std::optional<OutgoingPart>> {
      if (given) return std::optional<OutgoingPart>();
      given = true;
      return std::optional(part_of(std::move(bytes), type));
    });
  }
  if (last.code == Errc::not_supported)
    return failure_response({406, orthanc_errors::kNotAcceptable, last.message}, request);
  return last;
}

// All frames of all instances that are pictures, or those frames of one.
class Pictures {
 public:
  Pictures(const Services& services, std::vector<RowId> rows, std::vector<int> frames, PictureRequest asked)
      : services_(services), rows_(std::move(rows)), frames_(std::move(frames)), asked_(std::move(asked)) {}

  Result<std::optional<OutgoingPart>> next() {
    for (;;) {
      if (!instance_) {
        if (row_ == rows_.size()) return std::optional<OutgoingPart>();
        auto opened = open_instance(services_, rows_[row_++]);
        if (!opened && opened.error().code == Errc::not_found) continue;  // removed meanwhile
        if (!opened) return std::move(opened).error();
        instance_ = std::make_unique<OpenInstance>(*std::move(opened));
        const auto count = instance_->file.dicom().dataset.integer(tags::NumberOfFrames).value_or(1);
        count_ = frames_.empty() ? static_cast<std::size_t>(std::clamp<std::int64_t>(count, 1, kFramesMax)) : frames_.size();
        frame_ = 0;
      }
      const int frame = frames_.empty() ? static_cast<int>(frame_) : frames_[frame_];
      auto bytes = make_picture(instance_->file.dicom(), frame, asked_);
      const bool is_last = ++frame_ == count_;
      if (is_last || !bytes) instance_ = nullptr;
      if (bytes) return std::optional(part_of(*std::move(bytes), std::string(media_type(asked_.type))));
      if (bytes.error().code != Errc::not_supported) return std::move(bytes).error();  // else it is no picture
    }
  }

 private:
  static constexpr std::int64_t kFramesMax = 100'000;

  const Services& services_;
  const std::vector<RowId> rows_;
  const std::vector<int> frames_;
  const PictureRequest asked_;
  std::unique_ptr<OpenInstance> instance_;  // whose frames are being told
  std::size_t row_ = 0, frame_ = 0, count_ = 0;
};

Result<Response> all_pictures(const Services& services, const Request& request, const PictureRequest& asked) {
  DCMFS_TRY(auto frames, frames_of(request));
  DCMFS_TRY(auto rows, find_instances(services.store, uids_of_path(request)));
  const auto pictures = std::make_shared<Pictures>(services, std::move(rows), std::move(frames), asked);
  // The first is made before the status is said.
  DCMFS_TRY(auto first, pictures->next());
  if (!first) return failure_response({406, orthanc_errors::kNotAcceptable, "there is no picture"}, request);
  return multipart_response(media_type(asked.type), [pictures, first = std::make_shared<OutgoingPart>(*std::move(first)),
                                                     given = false]() mutable -> Result<std::optional<OutgoingPart>> {
    if (given) return pictures->next();
    given = true;
    return std::optional(std::move(*first));
  });
}

enum class Shows : bool { one, all };

Result<Response> answer_pictures(const Services& services, const Request& request, PictureRequest asked,
                                 const PictureForm& form, Shows shows) {
  asked.type = form.type;
  auto response = shows == Shows::all && form.multipart ? all_pictures(services, request, asked)
                                                        : one_picture(services, request, asked, form.multipart);
  if (response && response->status == 200) warn_of(asked, base_url(services, request), *response);
  return response;
}

}  // namespace

Result<Response> retrieve_rendered(const Services& services, Request& request) {
  const auto form = picture_form(request);
  if (!form) return failure_response(not_acceptable(kPictureTypes), request);
  DCMFS_TRY(auto asked, parse_picture_request(request.query));
  return answer_pictures(services, request, std::move(asked), *form, Shows::all);
}

Result<Response> retrieve_thumbnail(const Services& services, Request& request) {
  const auto form = picture_form(request);
  if (!form) return failure_response(not_acceptable(kPictureTypes), request);
  DCMFS_TRY(auto asked, parse_picture_request(request.query));
  if (asked.viewport.width == 0) asked.viewport.width = asked.viewport.height = kThumbnailPixels;
  return answer_pictures(services, request, std::move(asked), *form, Shows::one);
}

}  // namespace dcmfs::rest
