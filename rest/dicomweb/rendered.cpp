#include "rest/dicomweb/rendered.h"

#include <algorithm>

#include "rest/base_url.h"
#include "rest/dicomweb/encapsulated_document.h"
#include "rest/dicomweb/frames.h"
#include "rest/dicomweb/multipart_source.h"
#include "rest/dicomweb/negotiation.h"
#include "rest/dicomweb/picture.h"
#include "rest/dicomweb/stored_instances.h"
#include "rest/http/error.h"
#include "rest/http/known_etag.h"
#include "rest/services.h"
#include "store/image/image.h"
#include "store/image/presentation_state.h"

namespace dcmfs::rest {
namespace {

constexpr int kThumbnailPixels = 128;  // of the longer side
constexpr std::size_t kTriedMax = 16;  // instances, for one that is a picture; frames, for one more

constexpr std::string_view kPicturesInParts =
    "multipart/related with a type of image/jpeg or image/png";

struct PictureForm {
  PictureType type;
  bool multipart;
};

enum class Pages : bool { one, several };

// Several pictures come in parts alone; "*/*" is both.
std::optional<PictureForm> picture_form(const Request& request, Pages pages) {
  for (const Wanted& one : wanted(request)) {
    if (pages == Pages::several && !one.multipart) continue;
    for (const auto type : {PictureType::jpeg, PictureType::png})
      if (one.type.accepts(media_type(type)))
        return PictureForm{type, pages == Pages::several || !one.single};
  }
  return std::nullopt;
}

// {frames} of the path, from 0 on; none: it is not about frames.
Result<std::vector<int>> frames_of(const Request& request) {
  const auto found = request.path.find("frames");
  if (found == request.path.end()) return std::vector<int>();
  return frame_numbers(found->second);
}

// A picture is made of an image, and perhaps of a presentation state.
struct Subject {
  OpenInstance image;
  std::shared_ptr<const OpenInstance> state;  // shared by all images that it is about
  std::vector<int> frames;                    // empty: all of them

  int count() const {
    if (!frames.empty()) return static_cast<int>(frames.size());
    const auto pixels = describe_pixels(image.file.dicom());
    return pixels ? std::min(pixels->frames, kFramesMax) : 1;
  }
  int frame(int number) const {
    return frames.empty() ? number : frames[static_cast<std::size_t>(number)];
  }
  Result<MadePicture> picture(int number, const PictureRequest& asked) const {
    return make_picture(image.file.dicom(), frame(number), asked,
                        state ? &state->file.dicom() : nullptr);
  }
  // Where the picture alone can be had; "" : nowhere.
  std::string location(int number, std::string_view base) const {
    const auto url = state ? "" : instance_url(base, image.file.dicom().dataset);
    return url.empty() ? "" : url + "/frames/" + std::to_string(frame(number) + 1) + "/rendered";
  }

 private:
  static constexpr int kFramesMax = 100'000;
};

// not_found: the image has less. Of what is no image nobody knows.
Result<> check_frames(const DicomFile& image, const std::vector<int>& frames) {
  if (frames.empty()) return {};
  const auto pixels = describe_pixels(image);
  if (pixels && std::ranges::max(frames) >= pixels->frames)
    return Error{Errc::not_found, "there is no such frame; the first is 1"};
  return {};
}

// Takes instances one after the other; a presentation state becomes the images that it is about.
class Subjects {
 public:
  Subjects(const Services& services, const Request& request, std::vector<RowId> rows,
           std::vector<int> frames)
      : services_(services),
        rows_(std::move(rows)),
        frames_(std::move(frames)),
        study_(uids_of_path(request).study),
        opens_states_(!uids_of_path(request).series.empty()) {}

  bool of_named_frames() const { return !frames_.empty(); }
  // Errors: not_found, if there are states alone, and none of their images, or no such frames.
  Result<std::optional<Subject>> next() {
    for (;;) {
      if (state_ && referenced_ < references_.size()) {
        const ReferencedImage& one = references_[referenced_++];
        const auto row = find_instance(services_.store, {study_, one.series, one.instance});
        if (!row && row.error().code == Errc::not_found) continue;
        if (!row) return row.error();
        auto image = open_instance(services_, *row);
        if (!image && image.error().code == Errc::not_found) continue;
        if (!image) return std::move(image).error();
        has_given_ = true;
        return std::optional(Subject{*std::move(image), state_, one.frames});
      }
      state_ = nullptr;
      if (row_ == rows_.size() && has_state_ && !has_given_)
        return Error{Errc::not_found,
                     "the images that the presentation state is about are not here"};
      if (row_ == rows_.size()) return std::optional<Subject>();
      auto opened = open_instance(services_, rows_[row_++]);
      if (!opened && opened.error().code == Errc::not_found) continue;  // removed meanwhile
      if (!opened) return std::move(opened).error();
      if (!opens_states_ || !is_presentation_state(opened->file.dicom().dataset)) {
        DCMFS_CHECK(check_frames(opened->file.dicom(), frames_));
        has_given_ = true;
        return std::optional(Subject{*std::move(opened), nullptr, frames_});
      }
      has_state_ = true;
      if (!frames_.empty()) return Error{Errc::not_found, "a presentation state has no frames"};
      references_ = referenced_images(opened->file.dicom().dataset);
      referenced_ = 0;
      state_ = std::make_shared<const OpenInstance>(*std::move(opened));
    }
  }

 private:
  const Services& services_;
  const std::vector<RowId> rows_;
  const std::vector<int> frames_;
  const std::string study_;
  const bool opens_states_;
  std::size_t row_ = 0, referenced_ = 0;
  bool has_given_ = false, has_state_ = false;
  std::shared_ptr<const OpenInstance> state_;  // whose images are being told
  std::vector<ReferencedImage> references_;
};

// The one in the middle that is a picture, or near it.
Result<Response> one_picture(const Services& services, const Request& request,
                             const PictureRequest& asked, bool multipart) {
  DCMFS_TRY(auto frames, frames_of(request));
  DCMFS_TRY(auto rows, find_instances(services.store, uids_of_path(request)));
  // Not std::ranges::rotate: clang 14 does not take libstdc++'s subrange.
  std::rotate(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2),
              rows.end());
  Subjects subjects(services, request, std::move(rows), std::move(frames));
  Error last{Errc::not_supported, "there is no picture"};
  for (std::size_t tried = 0; tried < kTriedMax; ++tried) {
    DCMFS_TRY(const auto subject, subjects.next());
    if (!subject) break;
    const std::string type(media_type(asked.type));
    const auto etag = etag_of_picture(request, subject->image.stored, type,
                                      subject->state ? &subject->state->stored : nullptr);
    if (!multipart && client_has(request, etag)) return Response{.type = type, .etag = etag};
    auto made = subject->picture(0, asked);
    if (!made) {
      last = std::move(made).error();
      if (last.code != Errc::not_supported) return last;
      continue;
    }
    Response response{.type = type, .etag = etag};
    if (multipart) {
      response =
          multipart_response(type,
                             [type, bytes = std::move(made->bytes),
                              given = false]() mutable -> Result<std::optional<OutgoingPart>> {
                               if (given) return std::optional<OutgoingPart>();
                               given = true;
                               return std::optional(part_of(std::move(bytes), type));
                             });
    } else {
      response.body = std::move(made->bytes);
    }
    warn_of(*made, base_url(services, request), response);
    return response;
  }
  if (last.code == Errc::not_supported)
    return failure_response({406, orthanc_errors::kNotAcceptable, last.message}, request);
  return last;
}

struct ShownPicture {
  MadePicture made;
  std::string location;
};

// All frames of all instances that are pictures, or those frames of one.
class Pictures {
 public:
  Pictures(Subjects subjects, PictureRequest asked, std::string base)
      : subjects_(std::move(subjects)), asked_(std::move(asked)), base_(std::move(base)) {}

  // Errors: not_supported, of a frame that was named and is no picture; others are left out.
  Result<std::optional<ShownPicture>> next() {
    for (;;) {
      if (!subject_) {
        DCMFS_TRY(subject_, subjects_.next());
        if (!subject_) return std::optional<ShownPicture>();
        number_ = 0;
        failed_ = 0;
        count_ = subject_->count();
      }
      auto made = subject_->picture(number_, asked_);
      if (!made && (subjects_.of_named_frames() || made.error().code != Errc::not_supported))
        return std::move(made).error();
      auto location = subject_->location(number_, base_);
      failed_ = made ? 0 : failed_ + 1;
      // A file may say that it has any number of frames.
      if (++number_ == count_ || failed_ == kTriedMax) subject_ = std::nullopt;
      if (made) return std::optional(ShownPicture{*std::move(made), std::move(location)});
    }
  }
  OutgoingPart part(ShownPicture shown) const {
    auto out = part_of(std::move(shown.made.bytes), std::string(media_type(asked_.type)));
    out.location = std::move(shown.location);
    return out;
  }

 private:
  Subjects subjects_;
  const PictureRequest asked_;
  const std::string base_;
  std::optional<Subject> subject_;  // whose frames are being told
  int number_ = 0, count_ = 0;
  std::size_t failed_ = 0;  // one behind the other
};

Result<Response> all_pictures(const Services& services, const Request& request,
                              const PictureRequest& asked) {
  DCMFS_TRY(auto frames, frames_of(request));
  DCMFS_TRY(auto rows, find_instances(services.store, uids_of_path(request)));
  const auto base = base_url(services, request);
  const auto pictures = std::make_shared<Pictures>(
      Subjects(services, request, std::move(rows), std::move(frames)), asked, base);
  // The first is made before the status is said.
  auto first = pictures->next();
  if (!first && first.error().code != Errc::not_supported) return std::move(first).error();
  if (!first || !*first)
    return failure_response({406, orthanc_errors::kNotAcceptable,
                             first ? "there is no picture" : first.error().message},
                            request);
  const MadePicture about{.bytes = {}, .not_done = (*first)->made.not_done};
  auto response =
      multipart_response(media_type(asked.type),
                         [pictures, first = std::make_shared<ShownPicture>(**std::move(first)),
                          given = false]() mutable -> Result<std::optional<OutgoingPart>> {
                           if (!given) {
                             given = true;
                             return std::optional(pictures->part(std::move(*first)));
                           }
                           DCMFS_TRY(auto shown, pictures->next());
                           if (!shown) return std::optional<OutgoingPart>();
                           return std::optional(pictures->part(*std::move(shown)));
                         });
  warn_of(about, base, response);
  return response;
}

enum class Shows : bool { one, all };

Result<Response> answer_pictures(const Services& services, const Request& request,
                                 PictureRequest asked, const PictureForm& form, Shows shows) {
  asked.type = form.type;
  return shows == Shows::all && form.multipart
             ? all_pictures(services, request, asked)
             : one_picture(services, request, asked, form.multipart);
}

}  // namespace

Result<Response> retrieve_rendered(const Services& services, Request& request) {
  if (auto document = rendered_document(services, request)) return *std::move(document);
  DCMFS_TRY(const auto frames, frames_of(request));
  const auto pages = frames.size() > 1 ? Pages::several : Pages::one;
  const auto form = picture_form(request, pages);
  if (!form)
    return failure_response(
        not_acceptable(pages == Pages::several ? kPicturesInParts : kPictureTypes), request);
  DCMFS_TRY(auto asked, parse_picture_request(request.query));
  return answer_pictures(services, request, std::move(asked), *form, Shows::all);
}

Result<Response> retrieve_thumbnail(const Services& services, Request& request) {
  const auto form = picture_form(request, Pages::one);
  if (!form) return failure_response(not_acceptable(kPictureTypes), request);
  DCMFS_TRY(auto asked, parse_picture_request(request.query));
  if (asked.viewport.width == 0) asked.viewport.width = asked.viewport.height = kThumbnailPixels;
  return answer_pictures(services, request, std::move(asked), *form, Shows::one);
}

}  // namespace dcmfs::rest
