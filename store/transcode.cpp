#include "store/transcode.h"

#include <algorithm>
#include <cstring>

#include "store/dicom/byte_source.h"
#include "store/dicom/reader.h"
#include "store/dicom/writer.h"
#include "store/encapsulate.h"
#include "store/image/codec.h"
#include "store/image/colour.h"
#include "store/image/compress.h"
#include "store/image/image.h"

namespace dcmfs {
namespace {

constexpr std::int64_t kPieceBytes = 1 << 20;        // of a value that is copied; a multiple of 8
constexpr std::int64_t kValueBytesMax = 0xfffffffe;  // PS3.5 7.1: 32 bit, even
constexpr std::int64_t kNestedBytesMax = 256 << 20;  // in sequences, which are encoded in memory

// PS3.3 C.7.6.3; younger than the dictionary.
constexpr Tag kEncapsulatedPixelDataValueTotalLength{0x7fe0, 0x0003};

std::span<const std::byte> span_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// PS3.5 8.1.2, retired: an overlay in bits of the pixels that mean nothing else, which most codecs would lose.
bool has_overlay_in_pixels(const Dataset& dataset) {
  constexpr std::uint16_t kFirstOverlay = 0x6000, kLastOverlay = 0x601e, kBitsAllocated = 0x0100,
                          kData = 0x3000;
  for (std::uint16_t group = kFirstOverlay; group <= kLastOverlay;
       group = static_cast<std::uint16_t>(group + 2))
    if (dataset.integer({group, kBitsAllocated}).value_or(1) > 1 &&
        !dataset.contains({group, kData}))
      return true;
  return false;
}

// Whether frames are decoded at all: else PixelData is copied as it is.
bool makes_frames(const DicomFile& file, const Encoder* encoder) {
  const Element* data = file.dataset.find(tags::PixelData);
  return encoder != nullptr || (data != nullptr && data->length == Element::kUndefinedLength);
}

class Transcoder {
 public:
  Transcoder(const DicomFile& file, const TransferSyntax& target, const Encoder* encoder,
             SpoolFile& out)
      : file_(file), target_(target), encoder_(encoder), out_(out) {}

  Result<> run() {
    Dataset source = file_.dataset;
    std::optional<PixelDescription> pixels;
    if (makes_frames(file_, encoder_)) {
      DCMFS_TRY(pixels, describe_pixels(file_));
      if (encoder_ == nullptr && has_overlay_in_pixels(file_.dataset)) keep_all_bits(*pixels);
      DCMFS_TRY(first_, decode(*pixels, 0));
      describe_frames(source);
    }
    for (const Element& element : source) {
      if (element.tag == tags::PixelData && pixels) {
        DCMFS_CHECK(flush());
        DCMFS_CHECK(encoder_ != nullptr ? append_compressed(*pixels) : append_native(*pixels));
      } else if (element.on_disk()) {
        DCMFS_CHECK(flush());
        DCMFS_CHECK(append_from_disk(element));
      } else if (element.vr == Vr::SQ) {
        Element whole = element;
        DCMFS_TRY(const bool native, load(whole));
        if (native) waiting_.set(std::move(whole));
      } else {
        waiting_.set(element);
      }
    }
    return flush();
  }

 private:
  // What stands beside the samples stays, as far as the codec kept it: RLE keeps all.
  void keep_all_bits(PixelDescription& pixels) {
    pixels.bits_stored = pixels.bits_allocated;
    pixels.high_bit = pixels.bits_allocated - 1;
    pixels.is_signed = false;
    keeps_all_bits_ = true;
  }

  // PS3.3 C.7.6.3: what the attributes say of pixels is true of those that are written.
  void describe_frames(Dataset& dataset) const {
    const PixelDescription& decoded = first_->pixels;
    dataset.set_text(tags::PhotometricInterpretation,
                     encoder_ != nullptr ? encoder_->photometric_interpretation(decoded)
                                         : decoded.photometric_interpretation);
    dataset.set_number(tags::BitsAllocated, is_bits() ? 1 : 8 * first_->bytes_per_sample());
    if (!keeps_all_bits_) {
      dataset.set_number(tags::BitsStored, decoded.bits_stored);
      dataset.set_number(tags::HighBit, decoded.bits_stored - 1);
    }
    dataset.erase(tags::ExtendedOffsetTable);
    dataset.erase(tags::ExtendedOffsetTableLengths);
    dataset.erase(kEncapsulatedPixelDataValueTotalLength);
    if (decoded.samples_per_pixel > 1) dataset.set_number(tags::PlanarConfiguration, 0);
    if (first_->lossy)  // PS3.3 C.7.6.1.1.5: once lossy, always, whatever was written
      dataset.set_text(tags::LossyImageCompression, "01");
  }

  Result<> flush() {
    if (waiting_.empty()) return {};
    DCMFS_TRY(const std::string bytes, encode_dataset(waiting_, target_));
    waiting_ = {};
    return out_.append(span_of(bytes));
  }

  // The header of a value that follows. All have a 32 bit length.
  Result<> append_header(Tag tag, Vr vr, std::int64_t length) {
    if (length > kValueBytesMax) {
      return Error{Errc::too_large, to_string(tag) + ": longer than a 32 bit length can tell"};
    }
    Dataset header;
    // PS3.5 6.2.2 note 2: what is too long for its VR is written as UN.
    header.set_bytes(tag, info(vr).long_length ? vr : Vr::UN, "");
    DCMFS_TRY(std::string bytes, encode_dataset(header, target_));
    const auto field = static_cast<std::uint32_t>(length);  // little endian, as this machine is
    std::memcpy(bytes.data() + bytes.size() - sizeof field, &field, sizeof field);
    return out_.append(span_of(bytes));
  }

  Result<> append_from_disk(const Element& element) {
    if (element.length == Element::kUndefinedLength) {
      return Error{Errc::not_supported, to_string(element.tag) + ": fragments that are no pixels"};
    }
    const std::int64_t padded = element.length + element.length % 2;
    DCMFS_CHECK(append_header(element.tag, element.vr, padded));
    for (std::int64_t at = 0; at < element.length;) {
      Element piece = element;
      piece.offset += at;
      piece.length = std::min(kPieceBytes, element.length - at);
      DCMFS_TRY(const std::string bytes, read_value(file_, piece, piece.length));
      if (bytes.empty()) return Error{Errc::corrupt, "the file ends inside an element"};
      DCMFS_CHECK(out_.append(span_of(bytes)));
      at += static_cast<std::int64_t>(bytes.size());
    }
    if (padded == element.length) return {};
    return out_.append(span_of(std::string_view(&info(element.vr).padding, 1)));
  }

  bool is_bits() const { return first_->pixels.bits_allocated == 1; }

  // Native YBR_PARTIAL_422 shares its chrominance between pixels (PS3.3 C.7.6.3.1.2), what is decoded does
  // not, and no other name has its levels: such frames become RGB.
  Result<Frame> decode(const PixelDescription& pixels, int number) {
    DCMFS_TRY(auto frame, decode_frame(file_, pixels, number, &starts_));
    if (frame.pixels.photometric_interpretation != "YBR_PARTIAL_422") return frame;
    DCMFS_TRY(const Picture picture, colours_of(file_, frame));
    const auto bytes = std::as_bytes(std::span(picture.pixels));
    frame.data.assign(bytes.begin(), bytes.end());
    frame.pixels.photometric_interpretation = "RGB";
    frame.pixels.bits_allocated = frame.pixels.bits_stored = 8;
    return frame;
  }

  // Hands over each of them in turn.
  template <class Give>
  Result<> for_each_frame(const PixelDescription& pixels, Give give) {
    const std::size_t bytes = first_->data.size();
    for (int n = 0; n < pixels.frames; ++n) {
      if (n > 0) {
        DCMFS_TRY(first_, decode(pixels, n));
      }
      if (first_->data.size() != bytes) return Error{Errc::corrupt, "frames of different sizes"};
      DCMFS_CHECK(give(*first_));
    }
    return {};
  }

  Result<> append_native(const PixelDescription& pixels) {
    const std::int64_t samples = std::ssize(first_->data) * pixels.frames;
    const std::int64_t length = is_bits() ? (samples + 7) / 8 : samples;
    const Vr vr = first_->bytes_per_sample() > 1 ? Vr::OW : Vr::OB;  // PS3.5 8.2
    DCMFS_CHECK(
        append_header(tags::PixelData, target_.implicit_vr ? Vr::OW : vr, length + length % 2));
    Buffer<std::byte>
        left;  // bits that fill no byte: the next frame goes on inside it (PS3.5 8.1.1)
    DCMFS_CHECK(for_each_frame(pixels, [&](const Frame& frame) -> Result<> {
      if (!is_bits()) return out_.append(frame.data);
      left.insert(left.end(), frame.data.begin(), frame.data.end());
      const std::size_t whole = left.size() / 8 * 8;
      DCMFS_CHECK(out_.append(span_of(pack_bits(std::span(left).first(whole)))));
      left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(whole));
      return {};
    }));
    return out_.append(
        span_of(pack_bits(left) + std::string(static_cast<std::size_t>(length % 2), '\0')));
  }

  Result<> append_compressed(const PixelDescription& pixels) {
    EncapsulatedPixels out(out_, offset_table_for(std::ssize(first_->data) * pixels.frames));
    DCMFS_CHECK(out.begin(pixels.frames, target_));
    DCMFS_CHECK(for_each_frame(pixels, [&](const Frame& frame) -> Result<> {
      DCMFS_TRY(const std::string codestream, compress_frame(*encoder_, frame));
      return out.append(codestream);
    }));
    return out.end();
  }

  // Takes the values of a sequence into memory. False: an item of its own has encapsulated data, which
  // cannot stand in a native data set; that is a picture beside the image (an icon) and left out.
  Result<bool> load(Element& sequence) {
    for (Dataset& item : sequence.items) {
      std::vector<Element> loaded;
      std::vector<Tag> left_out;
      for (const Element& element : item) {
        if (element.length == Element::kUndefinedLength && element.vr != Vr::SQ) return false;
        if (!element.on_disk() && element.vr != Vr::SQ) continue;
        loaded.push_back(element);
        if (element.vr == Vr::SQ) {
          DCMFS_TRY(const bool native, load(loaded.back()));
          if (native) continue;
          left_out.push_back(element.tag);
          loaded.pop_back();
          continue;
        }
        nested_bytes_ += element.length;
        if (nested_bytes_ > kNestedBytesMax) {
          return Error{Errc::too_large, "too many large values in sequences"};
        }
        DCMFS_TRY(loaded.back().value, read_value(file_, element, element.length));
      }
      for (Element& element : loaded) item.set(std::move(element));
      for (const Tag tag : left_out) item.erase(tag);
    }
    return true;
  }

  const DicomFile& file_;
  const TransferSyntax& target_;
  const Encoder* encoder_;  // nullptr: the target is native
  SpoolFile& out_;
  FrameStarts starts_;
  Dataset waiting_;             // elements that are written together
  std::optional<Frame> first_;  // the one that was decoded last
  bool keeps_all_bits_ = false;
  std::int64_t nested_bytes_ = 0;
};

Result<> append_meta(const Dataset& dataset, const TransferSyntax& target, SpoolFile& out) {
  return out.append(
      span_of(encode_meta(dataset.text_or(tags::SOPClassUID, ""),
                          dataset.text_or(tags::SOPInstanceUID, ""), target.uid, "")));
}

}  // namespace

bool may_become_uncompressed(std::string_view transfer_syntax) {
  const TransferSyntax* syntax = find_transfer_syntax(transfer_syntax);
  if (syntax == nullptr) return false;
  return syntax->encapsulated ? find_decoder(*syntax) != nullptr : syntax->codec == Codec::native;
}

bool can_transcode_to(const TransferSyntax& target) {
  return target.uid == uids::ExplicitVRLittleEndian || target.uid == uids::ImplicitVRLittleEndian ||
         find_encoder(target) != nullptr;
}

Result<> check_transcoding(const DicomFile& file, const TransferSyntax& target) {
  if (file.truncated) return Error{Errc::corrupt, "the file ends inside an element"};
  const Encoder* encoder = find_encoder(target);
  if (!makes_frames(file, encoder)) return {};
  if (!file.dataset.contains(tags::PixelData))
    return Error{Errc::not_supported, "a codec for what has no PixelData"};
  DCMFS_TRY(const auto pixels, describe_pixels(file));
  if (encoder == nullptr) return {};
  if (has_overlay_in_pixels(file.dataset))
    return Error{Errc::not_supported, "an overlay in the pixels would be lost"};
  return check_compressible(*encoder, pixels);
}

Result<SpoolFile> transcode(Store& store, const Blob& blob, const TransferSyntax& target,
                            TranscodedAs as) {
  const auto source = file_source(blob.fd(), blob.size());
  DCMFS_TRY(const DicomFile file, read_dicom(*source));
  DCMFS_CHECK(check_transcoding(file, target));
  DCMFS_TRY(auto out, store.spool());
  if (as == TranscodedAs::file) DCMFS_CHECK(append_meta(file.dataset, target, out));
  DCMFS_CHECK(Transcoder(file, target, find_encoder(target), out).run());
  return out;
}

Result<SpoolFile> write_file(Store& store, const DicomFile& file, const TransferSyntax& target) {
  DCMFS_TRY(auto out, store.spool());
  DCMFS_CHECK(append_meta(file.dataset, target, out));
  DCMFS_CHECK(Transcoder(file, target, nullptr, out).run());
  return out;
}

}  // namespace dcmfs
