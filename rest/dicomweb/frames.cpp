#include "rest/dicomweb/frames.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "rest/dicomweb/negotiation.h"
#include "rest/dicomweb/pixel_media.h"
#include "rest/http/error.h"
#include "rest/http/known_etag.h"
#include "rest/services.h"
#include "store/dicom/text.h"
#include "store/image/fragments.h"
#include "store/image/image.h"
#include "store/transcode.h"

namespace dcmfs::rest {
namespace {

constexpr std::int64_t kFrameBytesMax = std::int64_t{1} << 30;
constexpr std::size_t kFramesMax = 10'000;  // of one request
constexpr std::string_view kOctets = "application/octet-stream";
constexpr std::string_view kFrameForms =
    "multipart/related; type=\"application/octet-stream\", with transfer-syntax=* as it is stored; of pictures "
    "also image/jpeg, image/jls, image/jp2 and image/dicom-rle, without loss";

std::string_view text_of(const Buffer<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct FrameForm {
  bool decoded = false;
  const Encoder* encoder = nullptr;  // or compressed otherwise than they are stored
  bool single = false;
  std::string media_type;  // without parameters
  std::string transfer_syntax;
};

// The transfer syntax to compress in, if this build can and the client takes it.
const TransferSyntax* target_of(const Wanted& wanted, const DicomFile& file) {
  for (const auto& [media_type, uid] : pixel_media()) {
    const bool is_said = !wanted.transfer_syntax.empty() && wanted.transfer_syntax != "*";
    const auto* target = find_transfer_syntax(is_said ? std::string_view(wanted.transfer_syntax) : uid);
    if (target != nullptr && frame_type(*target) == media_type && wanted.type.accepts(media_type) &&
        find_encoder(*target) != nullptr && check_transcoding(file, *target))
      return target;
  }
  return nullptr;
}

std::optional<FrameForm> form_of(const Request& request, const OpenInstance& instance, bool is_one) {
  const DicomFile& file = instance.file.dicom();
  const TransferSyntax* syntax = file.syntax;  // is known: FrameReader::of
  const bool is_native = !syntax->encapsulated;
  const std::string stored = file.syntax_uid;
  // Bytes of native pixel data are little endian here, whatever the file is.
  const std::string native_syntax(uids::ExplicitVRLittleEndian);
  for (const Wanted& one : wanted(request)) {
    if (one.single && !one.multipart && !is_one) continue;
    FrameForm form{.single = !one.multipart, .media_type = {}, .transfer_syntax = stored};
    const bool any = one.transfer_syntax == "*" || (!stored.empty() && one.transfer_syntax == stored);
    if (one.type.accepts(kOctets) && any && !is_native) {
      form.media_type = kOctets;
      return form;
    }
    if (one.type.accepts(kOctets) && (any || one.transfer_syntax.empty() || one.transfer_syntax == native_syntax)) {
      form.media_type = kOctets;
      form.decoded = true;
      form.transfer_syntax = native_syntax;
      return form;
    }
    if (!is_native && !frame_type(*syntax).empty() && one.type.accepts(frame_type(*syntax)) &&
        (any || one.transfer_syntax.empty())) {
      form.media_type = frame_type(*syntax);
      return form;
    }
    if (const auto* target = target_of(one, file)) {
      form.encoder = find_encoder(*target);
      form.media_type = frame_type(*target);
      form.transfer_syntax = target->uid;
      return form;
    }
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<int>> frame_numbers(std::string_view list) {
  std::vector<int> numbers;
  for (const auto part : split(list, ',')) {
    int number = 0;
    const auto text = trim(part);
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size() || number < 1)
      return Error{Errc::invalid_argument, "frames are numbers from 1 on, joined by commas"};
    if (numbers.size() == kFramesMax) return Error{Errc::too_large, "too many frames at a time"};
    numbers.push_back(number - 1);
  }
  return numbers;
}

Result<FrameReader> FrameReader::of(std::shared_ptr<const OpenInstance> instance) {
  DCMFS_CHECK(find_pixels(instance->file.dicom()));
  if (instance->file.dicom().syntax == nullptr) return Error{Errc::not_supported, "an unknown transfer syntax"};
  FrameReader reader;
  const auto frames = instance->file.dicom().dataset.integer(tags::NumberOfFrames).value_or(1);
  reader.frames_ = static_cast<int>(std::clamp<std::int64_t>(frames, 1, std::numeric_limits<int>::max()));
  reader.instance_ = std::move(instance);
  return reader;
}

Result<std::string> FrameReader::stored(int frame) const {
  const DicomFile& file = instance_->file.dicom();
  if (!file.syntax->encapsulated) return native(frame);
  DCMFS_TRY(const auto pixels, find_pixels(file));
  DCMFS_TRY(const auto fragments, find_frame(file, *pixels.element, frames_, frame));
  if (total_length(fragments) > kFrameBytesMax) return Error{Errc::too_large, "a frame is too long"};
  return read_ranges(*file.content, fragments, kFrameBytesMax);
}

Result<std::string> FrameReader::decoded(int frame) const {
  const DicomFile& file = instance_->file.dicom();
  if (!file.syntax->encapsulated) return native(frame);
  DCMFS_TRY(const auto described, describe_pixels(file));
  DCMFS_TRY(const auto made, decode_frame(file, described, frame));
  return described.bits_allocated == 1 ? pack_bits(made.data) : std::string(text_of(made.data));
}

Result<std::string> FrameReader::compressed(int frame, const Encoder& encoder) const {
  const DicomFile& file = instance_->file.dicom();
  DCMFS_TRY(const auto described, describe_pixels(file));
  DCMFS_TRY(const auto made, decode_frame(file, described, frame));
  return compress_frame(encoder, made);
}

Result<std::string> FrameReader::native(int frame) const {
  const DicomFile& file = instance_->file.dicom();
  DCMFS_TRY(const auto described, describe_pixels(file));
  DCMFS_TRY(const auto pixels, find_pixels(file));
  std::int64_t bits =
      std::int64_t{described.rows} * described.columns * described.samples_per_pixel * described.bits_allocated;
  // PS3.3 C.7.6.3.1.2: of YBR_FULL_422 two pixels share their chrominance.
  if (described.photometric_interpretation.ends_with("_422")) bits = bits / 3 * 2;
  if (bits / 8 > kFrameBytesMax) return Error{Errc::too_large, "a frame is too long"};
  if (described.bits_allocated == 1 && bits % 8 != 0) {  // frames begin inside bytes
    DCMFS_TRY(const auto made, decode_frame(file, described, frame));
    return pack_bits(made.data);
  }
  const int sample_bytes = std::max(described.bits_allocated / 8, 1);
  return read_native(file, *pixels.element, sample_bytes, {bits / 8 * frame, bits / 8});
}

Result<Response> retrieve_frames(const Services& services, Request& request) {
  DCMFS_TRY(const auto numbers, frame_numbers(request.part("frames")));
  DCMFS_TRY(const RowId row, find_instance(services.store, uids_of_path(request)));
  DCMFS_TRY(auto read, open_instance(services, row));
  const auto instance = std::make_shared<const OpenInstance>(std::move(read));
  DCMFS_TRY(const auto frames, FrameReader::of(instance));
  for (const int number : numbers)
    if (number >= frames.count()) return Error{Errc::not_found, "there is no such frame; the first is 1"};
  const auto form = form_of(request, *instance, numbers.size() == 1);
  if (!form) return failure_response(not_acceptable(kFrameForms), request);
  const std::string type = form->media_type + "; transfer-syntax=" + form->transfer_syntax;
  const auto bytes_of = [frames, decoded = form->decoded, encoder = form->encoder](int n) {
    return encoder != nullptr ? frames.compressed(n, *encoder) : decoded ? frames.decoded(n) : frames.stored(n);
  };
  const bool single = form->single;
  const std::string etag =
      etag_of_bytes(instance->stored, "frames " + request.part("frames") + type + (single ? "" : " in parts"));
  if (client_has(request, etag)) return Response{.type = type, .etag = etag, .etag_is_weak = !single};
  // The first is made before the status is said: whether it can be decoded shows only then.
  auto first = bytes_of(numbers.front());
  if (!first && (first.error().code == Errc::not_supported || first.error().code == Errc::corrupt))
    return failure_response(not_acceptable(kFrameForms), request);
  if (!first) return first.error();
  if (single) return Response{.type = type, .body = *std::move(first), .etag = etag};
  if (numbers.size() == 1)
    return with_weak_etag(multipart_response(form->media_type, part_of(*std::move(first), type)), etag);
  return with_weak_etag(multipart_response(
      form->media_type, [numbers, bytes_of, type, first = *std::move(first),
                         at = std::size_t{0}]() mutable -> Result<std::optional<OutgoingPart>> {
        if (at == numbers.size()) return std::optional<OutgoingPart>();
        const int number = numbers[at++];
        if (at == 1) return std::optional(part_of(std::move(first), type));
        DCMFS_TRY(auto bytes, bytes_of(number));
        return std::optional(part_of(std::move(bytes), type));
      }), etag);
}

}  // namespace dcmfs::rest
