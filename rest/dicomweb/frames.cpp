#include "rest/dicomweb/frames.h"

#include <algorithm>
#include <limits>

#include "rest/base_url.h"
#include "rest/http/error.h"
#include "rest/http/known_etag.h"
#include "rest/services.h"
#include "store/dicom/text.h"
#include "store/image/fragments.h"
#include "store/image/image.h"
#include "store/image/native.h"
#include "store/number.h"

namespace dcmfs::rest {
namespace {

constexpr std::int64_t kFrameBytesMax = std::int64_t{1} << 30;
constexpr std::size_t kFramesMax = 10'000;  // of one request
constexpr std::int64_t kHeldBytesMax = 1 << 20;

std::string_view text_of(const Buffer<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Ranges of a file, one behind the other.
class RangesSource : public Source {
 public:
  RangesSource(std::shared_ptr<const OpenInstance> instance, std::vector<ByteRange> ranges)
      : instance_(std::move(instance)), ranges_(std::move(ranges)) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    while (now_ < ranges_.size() && at_ == ranges_[now_].length) {
      ++now_;
      at_ = 0;
    }
    if (now_ == ranges_.size()) return std::size_t{0};
    const auto wanted =
        into.first(std::min(into.size(), static_cast<std::size_t>(ranges_[now_].length - at_)));
    DCMFS_TRY(const auto n,
              instance_->file.dicom().content->read(ranges_[now_].offset + at_, wanted));
    if (n == 0) return Error{Errc::corrupt, "the file ends inside a fragment"};
    at_ += static_cast<std::int64_t>(n);
    return n;
  }
  bool seek(std::int64_t offset) override {
    for (now_ = 0, at_ = offset; now_ < ranges_.size() && at_ > ranges_[now_].length; ++now_)
      at_ -= ranges_[now_].length;
    return true;
  }

 private:
  std::shared_ptr<const OpenInstance> instance_;
  std::vector<ByteRange> ranges_;
  std::size_t now_ = 0;  // of the ranges
  std::int64_t at_ = 0;  // in it
};

// What is long is not read before it is sent.
Result<ResponseBody> body_of(std::shared_ptr<const OpenInstance> instance,
                             std::vector<ByteRange> ranges) {
  const auto length = total_length(ranges);
  if (length <= kHeldBytesMax) {
    DCMFS_TRY(auto bytes, read_ranges(*instance->file.dicom().content, ranges, length));
    return ResponseBody(std::move(bytes));
  }
  // Only data sets without fragments are deflated: where they are in the content they are in the file.
  if (ranges.size() == 1)
    return ResponseBody(FileRange{instance->file.blob(), ranges.front().offset, length});
  return ResponseBody(
      Streamed{.source = std::make_unique<RangesSource>(std::move(instance), std::move(ranges)),
               .size = length});
}

}  // namespace

Result<std::vector<int>> frame_numbers(std::string_view list) {
  std::vector<int> numbers;
  for (const auto part : split(list, ',')) {
    const auto number = parse_whole<int>(trim(part)).value_or(0);
    if (number < 1)
      return Error{Errc::invalid_argument, "frames are numbers from 1 on, joined by commas"};
    if (numbers.size() == kFramesMax) return Error{Errc::too_large, "too many frames at a time"};
    numbers.push_back(number - 1);
  }
  return numbers;
}

Result<FrameReader> FrameReader::of(std::shared_ptr<const OpenInstance> instance) {
  const DicomFile& file = instance->file.dicom();
  DCMFS_CHECK(find_pixels(file));
  if (file.syntax == nullptr) return Error{Errc::not_supported, "an unknown transfer syntax"};
  FrameReader reader;
  const auto frames = file.dataset.integer(tags::NumberOfFrames).value_or(1);
  // PS3.5 8.2.5: the frames of a video are in one stream, in one fragment or several.
  if (file.syntax->codec != Codec::video)
    reader.frames_ =
        static_cast<int>(std::clamp<std::int64_t>(frames, 1, std::numeric_limits<int>::max()));
  reader.instance_ = std::move(instance);
  return reader;
}

Result<ResponseBody> FrameReader::made(int frame, const PixelForm& form) const {
  if (form.made == PixelForm::Made::stored) return stored(frame);
  DCMFS_TRY(auto bytes, form.made == PixelForm::Made::decoded ? decoded(frame)
                                                              : compressed(frame, *form.encoder));
  return ResponseBody(std::move(bytes));
}

Result<OutgoingPart> FrameReader::part(int frame, const PixelForm& form) const {
  auto bytes = made(frame, form);
  if (bytes) return part_of(*std::move(bytes), form.content_type());
  if (!is_about_pixels(bytes.error())) return std::move(bytes).error();
  const auto as_stored = stored_form(*instance_, form);
  if (!as_stored) return std::move(bytes).error();
  DCMFS_TRY(auto codestream, made(frame, *as_stored));
  return part_of(std::move(codestream), as_stored->content_type());
}

Result<std::vector<ByteRange>> FrameReader::fragments(int frame) const {
  DCMFS_TRY(const auto pixels, find_pixels(instance_->file.dicom()));
  return find_frame(instance_->file.dicom(), *pixels.element, frames_, frame, &known_->starts);
}

Result<PixelDescription> FrameReader::described() const {
  if (!known_->pixels) known_->pixels = describe_pixels(instance_->file.dicom());
  return *known_->pixels;
}

Result<Frame> FrameReader::frame_of(int number) const {
  DCMFS_TRY(const auto pixels, described());
  return decode_frame(instance_->file.dicom(), pixels, number, &known_->starts);
}

Result<> FrameReader::check(int frame) const {
  if (instance_->file.dicom().syntax->encapsulated) DCMFS_CHECK(fragments(frame));
  return {};
}

Result<ResponseBody> FrameReader::stored(int frame) const {
  if (!instance_->file.dicom().syntax->encapsulated) {
    DCMFS_TRY(auto bytes, native(frame));
    return ResponseBody(std::move(bytes));
  }
  DCMFS_TRY(auto ranges, fragments(frame));
  return body_of(instance_, std::move(ranges));
}

Result<std::string> FrameReader::decoded(int frame) const {
  if (!instance_->file.dicom().syntax->encapsulated) return native(frame);
  DCMFS_TRY(const auto made, frame_of(frame));
  return made.pixels.bits_allocated == 1 ? pack_bits(made.data) : std::string(text_of(made.data));
}

Result<std::string> FrameReader::compressed(int frame, const Encoder& encoder) const {
  DCMFS_TRY(const auto made, frame_of(frame));
  return compress_frame(encoder, made);
}

Result<std::string> FrameReader::native(int frame) const {
  const DicomFile& file = instance_->file.dicom();
  DCMFS_TRY(const auto pixels, described());
  DCMFS_TRY(const auto data, find_pixels(file));
  const std::int64_t bits = native_frame_bits(*data.element, pixels);
  if (bits / 8 > kFrameBytesMax) return Error{Errc::too_large, "a frame is too long"};
  if (pixels.bits_allocated == 1 && bits % 8 != 0) {  // frames begin inside bytes
    DCMFS_TRY(const auto made, frame_of(frame));
    return pack_bits(made.data);
  }
  return read_native(file, *data.element, {bits / 8 * frame, bits / 8});
}

Result<ResponseBody> joined_fragments(std::shared_ptr<const OpenInstance> instance,
                                      const Element& element) {
  DCMFS_TRY(auto ranges, find_frame(instance->file.dicom(), element, 1, 0));
  return body_of(std::move(instance), std::move(ranges));
}

Result<Response> answer_frames(const Request& request, const FrameReader& frames,
                               const FrameList& list, const PixelForm& asked, std::string_view what,
                               std::function<std::string(int)> location) {
  PixelForm form = asked;
  const std::string etag =
      etag_of_bytes(frames.instance().stored,
                    std::string(what) + form.content_type() + (form.single ? "" : " in parts"));
  if (client_has(request, etag))
    return Response{.type = form.content_type(), .etag = etag, .etag_is_weak = !form.single};
  // The first is made before the status is said: whether it can be decoded shows only then.
  auto first = frames.made(list.at(0), form);
  if (!first && form.may_be_stored && is_about_pixels(first.error())) {
    if (auto as_stored = stored_form(frames.instance(), form)) {
      form = *std::move(as_stored);
      first = frames.made(list.at(0), form);
    }
  }
  if (!first) return std::move(first).error();
  if (form.single) {
    Response response{.type = form.content_type(), .body = *std::move(first), .etag = etag};
    response.headers.emplace("Content-Location", location(list.at(0)));
    return response;
  }
  auto first_part = part_of(*std::move(first), form.content_type());
  first_part.location = location(list.at(0));
  if (list.size() == 1)
    return with_weak_etag(multipart_response(form.media_type, std::move(first_part)), etag);
  return with_weak_etag(
      multipart_response(form.media_type,
                         [frames, list, form, location = std::move(location), at = std::size_t{0},
                          first = std::make_shared<OutgoingPart>(std::move(
                              first_part))]() mutable -> Result<std::optional<OutgoingPart>> {
                           if (at == list.size()) return std::optional<OutgoingPart>();
                           const int number = list.at(at++);
                           if (at == 1) return std::optional(std::move(*first));
                           DCMFS_TRY(auto part, frames.part(number, form));
                           part.location = location(number);
                           return std::optional(std::move(part));
                         }),
      etag);
}

Result<Response> retrieve_frames(const Services& services, Request& request) {
  DCMFS_TRY(auto numbers, frame_numbers(request.part("frames")));
  DCMFS_TRY(const RowId row, find_instance(services.store, uids_of_path(request)));
  DCMFS_TRY(auto read, open_instance(services, row));
  const auto instance = std::make_shared<const OpenInstance>(std::move(read));
  DCMFS_TRY(const auto frames, FrameReader::of(instance));
  for (const int number : numbers)
    if (number >= frames.count())
      return Error{Errc::not_found, "there is no such frame; the first is 1"};
  const auto streams = numbers.size() == 1 ? Streams::one : Streams::many;
  const auto form = pixel_form(request, *instance, {.compressed = streams, .decoded = streams});
  if (!form) return failure_response(not_acceptable(kPixelForms), request);
  const FrameList list{.numbers = std::move(numbers)};
  auto answer = answer_frames(
      request, frames, list, *form, "frames " + request.part("frames"),
      [url = instance_url(base_url(services, request), instance->file.dicom().dataset)](int frame) {
        return url + "/frames/" + std::to_string(frame + 1);
      });
  if (!answer &&
      (answer.error().code == Errc::not_supported || answer.error().code == Errc::corrupt))
    return failure_response(not_acceptable(kPixelForms), request);
  return answer;
}

}  // namespace dcmfs::rest
