#include <algorithm>
#include <cstring>

#include "store/image/codec.h"
#include "store/image/fragments.h"
#include "store/image/image.h"
#include "store/image/native.h"

namespace dcmfs {
namespace {

constexpr std::int64_t kCodestreamBytesMax = std::int64_t{1} << 30;
// Some codecs make a picture of any size of a few bytes. One of more samples than these must have
// cost its sender something; those beyond that are nearly as large as they are blank.
constexpr std::int64_t kSamplesGrace = std::int64_t{1} << 25;
constexpr std::int64_t kSamplesPerByteMax = 2048;

// clang-format off
constexpr Decoder kDecoders[] = {
    {"",                        Codec::native,    parse_native_header,    decode_native},
    {"",                        Codec::rle,       parse_rle_header,       decode_rle},
    {"",                        Codec::jpeg,      parse_jpeg_header,      decode_jpeg},
    {"",                        Codec::jpeg_ls,   parse_jpeg_ls_header,   decode_jpeg_ls},
    {"",                        Codec::jpeg_2000, parse_jpeg_2000_header, decode_jpeg_2000},
    {"",                        Codec::htj2k,     parse_jpeg_2000_header, decode_jpeg_2000},
    {"1.2.840.10008.1.2.8.1",   Codec::other,     parse_native_header,    decode_deflated},
};
// clang-format on

Result<Samples> read_frame(const DicomFile& file, const PixelDescription& pixels, int frame,
                           FrameStarts* seen) {
  DCMFS_TRY(const PixelElement element, find_pixels(file));
  if (!file.syntax->encapsulated) {
    return read_native_frame(file, *element.element, pixels, frame);
  }
  const Decoder* decoder = find_decoder(*file.syntax);
  if (!decoder) return Error{Errc::not_supported, "no decoder for the transfer syntax"};
  DCMFS_TRY(const auto fragments, find_frame(file, *element.element, pixels.frames, frame, seen));
  if (total_length(fragments) > kCodestreamBytesMax) {
    return Error{Errc::not_supported, "a compressed frame is too long"};
  }
  DCMFS_TRY(const std::string bytes, read_ranges(*file.content, fragments, kCodestreamBytesMax));
  DCMFS_TRY(const CodestreamHeader header, decoder->parse(bytes, std::ssize(bytes), pixels));
  DCMFS_CHECK(check_agreement(header, pixels, std::ssize(bytes)));
  DCMFS_TRY(Samples samples, decoder->decode(bytes, header, pixels));
  samples.lossy = header.lossy;
  return samples;
}

// What turns a decoded sample into a stored value.
struct Extraction {
  int shift;       // of bits below the value
  int bits;        // of the value
  bool is_signed;  // the highest of them is the sign
  bool clamp;      // not masked: what is above is overshoot
};

template <class From, class To>
void extract(const std::byte* from, std::byte* to, std::size_t count, Extraction how) {
  const std::uint32_t mask = ~std::uint32_t{0} >> (32 - how.bits);
  const std::uint32_t sign = how.is_signed ? std::uint32_t{1} << (how.bits - 1) : 0;
  const auto low = static_cast<From>(-std::int64_t{sign});
  const auto high = static_cast<From>(sign == 0 ? mask : sign - 1);
  for (std::size_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, from + i * sizeof(From), sizeof(From));
    if (how.clamp) value = std::clamp(value, low, high);
    const std::uint32_t bits = static_cast<std::uint32_t>(value) >> how.shift & mask;
    const auto extended = static_cast<To>((bits ^ sign) - sign);
    std::memcpy(to + i * sizeof(To), &extended, sizeof(To));
  }
}

template <class From>
void extract_to(int width, const std::byte* from, std::byte* to, std::size_t count,
                Extraction how) {
  switch (width) {
    case 1:
      return extract<From, std::uint8_t>(from, to, count, how);
    case 2:
      return extract<From, std::uint16_t>(from, to, count, how);
    default:
      return extract<From, std::uint32_t>(from, to, count, how);
  }
}

void extract_from(const Samples& samples, int width, std::byte* to, Extraction how) {
  const std::byte* from = samples.data.data();
  const std::size_t count = samples.data.size() / static_cast<std::size_t>(samples.bytes);
  if (how.is_signed) {
    switch (samples.bytes) {
      case 1:
        return extract_to<std::int8_t>(width, from, to, count, how);
      case 2:
        return extract_to<std::int16_t>(width, from, to, count, how);
      default:
        return extract_to<std::int32_t>(width, from, to, count, how);
    }
  }
  switch (samples.bytes) {
    case 1:
      return extract_to<std::uint8_t>(width, from, to, count, how);
    case 2:
      return extract_to<std::uint16_t>(width, from, to, count, how);
    default:
      return extract_to<std::uint32_t>(width, from, to, count, how);
  }
}

// PS3.5 8.1.1: a value is BitsStored bits that end at HighBit; a codestream of
// no more bits than that holds the values themselves.
Extraction extraction(const Samples& samples, const PixelDescription& pixels) {
  const int below = pixels.high_bit + 1 - pixels.bits_stored;
  return {
      .shift = samples.bits > pixels.high_bit ? below : 0,
      .bits = std::min(samples.bits, pixels.bits_stored),
      .is_signed = pixels.is_signed,
      .clamp = samples.overshoots && below == 0 && samples.bits > pixels.bits_stored,
  };
}

bool is_unchanged(const Samples& samples, Extraction how, int width) {
  return samples.bytes == width && how.shift == 0 && how.bits == 8 * width;
}

}  // namespace

const Decoder* find_decoder(const TransferSyntax& syntax) {
  if (!syntax.encapsulated) return nullptr;
  const auto* found = std::ranges::find_if(kDecoders, [&](const Decoder& row) {
    return row.codec == syntax.codec && (row.uid.empty() || row.uid == syntax.uid);
  });
  return found == std::end(kDecoders) ? nullptr : found;
}

Result<> check_agreement(const CodestreamHeader& header, const PixelDescription& pixels,
                         std::int64_t length) {
  if (header.rows != pixels.rows || header.columns != pixels.columns) {
    return Error{Errc::corrupt, "the codestream has other dimensions than the attributes say"};
  }
  if (header.components != pixels.samples_per_pixel) {
    return Error{Errc::corrupt, "the codestream has other components than the attributes say"};
  }
  if (header.precision > pixels.bits_allocated) {
    return Error{Errc::corrupt, "the codestream has more bits than are allocated"};
  }
  const std::int64_t samples = std::int64_t{header.rows} * header.columns * header.components;
  if (samples > kSamplesGrace && samples / kSamplesPerByteMax > length) {
    return Error{Errc::not_supported, "a frame is too large for what it was compressed to"};
  }
  return {};
}

Result<Frame> decode_frame(const DicomFile& file, const PixelDescription& pixels, int frame,
                           FrameStarts* seen) {
  if (frame < 0 || frame >= pixels.frames) {
    return Error{Errc::invalid_argument, "no such frame"};
  }
  DCMFS_TRY(Samples samples, read_frame(file, pixels, frame, seen));
  Frame out;
  out.pixels = pixels;
  out.pixels.photometric_interpretation = samples.photometric_interpretation;
  out.pixels.high_bit = pixels.bits_stored - 1;
  out.pixels.planar = false;
  out.lossy = samples.lossy;
  const int width = out.bytes_per_sample();
  // Float Pixel Data that claims to be compressed, as no transfer syntax has it.
  const int bytes = pixels.type == PixelType::integer ? samples.bytes : width;
  if (std::ssize(samples.data) <
      std::int64_t{pixels.rows} * pixels.columns * pixels.samples_per_pixel * bytes) {
    return Error{Errc::corrupt, "the frame has fewer samples than the header says"};
  }
  const Extraction how = extraction(samples, pixels);
  if (pixels.type != PixelType::integer || is_unchanged(samples, how, width)) {
    out.data = std::move(samples.data);
    return out;
  }
  if (samples.bytes == width) {  // in place
    extract_from(samples, width, samples.data.data(), how);
    out.data = std::move(samples.data);
    return out;
  }
  const std::size_t count = samples.data.size() / static_cast<std::size_t>(samples.bytes);
  out.data.resize(count * static_cast<std::size_t>(width));
  extract_from(samples, width, out.data.data(), how);
  return out;
}

}  // namespace dcmfs
