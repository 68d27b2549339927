#include "store/image/native.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

namespace dcmfs {
namespace {

std::int64_t pixel_count(const PixelDescription& pixels) {
  return std::int64_t{pixels.rows} * pixels.columns;
}

// PS3.3 C.7.6.3.1.2: with YBR_FULL_422 two pixels share their chrominance, 4
// bytes for both. Some writers name it so and store 3 bytes a pixel all the
// same: `length` is that of `frames` frames.
bool shares_chrominance(std::int64_t length, int frames, const PixelDescription& pixels) {
  if (!pixels.photometric_interpretation.ends_with("_422")) return false;
  const std::int64_t frame_bits = pixel_count(pixels) * 3 * pixels.bits_allocated;
  if (frames > INT64_MAX / frame_bits) return false;  // no file is so long
  const std::int64_t whole = frame_bits * frames / 8;
  return length != whole + whole % 2;
}

std::int64_t frame_bits(bool shared_chrominance, const PixelDescription& pixels) {
  const int samples = shared_chrominance ? 2 : pixels.samples_per_pixel;
  return pixel_count(pixels) * samples * pixels.bits_allocated;
}

// Y1 Y2 Cb Cr to two pixels.
Buffer<std::byte> share_out_chrominance(std::span<const std::byte> packed, int sample_bytes) {
  const auto width = static_cast<std::size_t>(sample_bytes);
  Buffer<std::byte> out(packed.size() / 4 * 6);
  std::byte* to = out.data();
  for (std::size_t i = 0; i + 4 * width <= packed.size(); i += 4 * width) {
    for (const std::size_t sample : {0, 2, 3, 1, 2, 3}) {
      std::memcpy(to, packed.data() + i + sample * width, width);
      to += width;
    }
  }
  return out;
}

// Samples that are bytes, or words of 2, 4 or (double) 8.
bool fills_words(int bits_allocated) {
  return bits_allocated % 8 == 0 && std::has_single_bit(static_cast<unsigned>(bits_allocated));
}

Samples as_samples(Buffer<std::byte> bytes, int first_bit, bool shared_chrominance,
                   const PixelDescription& pixels) {
  Samples out;
  const int bits = pixels.bits_allocated;
  out.bits = bits;
  out.photometric_interpretation = pixels.photometric_interpretation;
  if (out.photometric_interpretation == "YBR_FULL_422") out.photometric_interpretation = "YBR_FULL";
  if (fills_words(bits)) {
    out.bytes = bits / 8;
    out.data = std::move(bytes);
  } else {
    out.bytes = bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
    const auto count = static_cast<std::size_t>(frame_bits(shared_chrominance, pixels) / bits);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    out.data = bits == 1 ? unpack_bits(text, first_bit, count)
                         : unpack_samples(text, first_bit, bits, count);
  }
  if (shared_chrominance) {
    out.data = share_out_chrominance(out.data, out.bytes);
  } else if (pixels.planar && pixels.samples_per_pixel > 1) {
    out.data = interleave(out.data, pixels.samples_per_pixel, out.bytes);
  }
  return out;
}

// Frames are checked to be at most this long.
constexpr std::int64_t kInflatedBytesMax = std::int64_t{1} << 31;

}  // namespace

Buffer<std::byte> unpack_bits(std::string_view bytes, int first, std::size_t count) {
  Buffer<std::byte> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t bit = i + static_cast<std::size_t>(first);
    out[i] = static_cast<std::byte>(bytes[bit / 8] >> bit % 8 & 1);
  }
  return out;
}

Buffer<std::byte> unpack_samples(std::string_view bytes, int first, int bits, std::size_t count) {
  const std::size_t width = bits <= 8 ? 1 : bits <= 16 ? 2 : 4;
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  Buffer<std::byte> out(count * width);
  std::uint64_t held = 0;
  int held_bits = -first;
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    while (held_bits < bits) {
      const std::uint64_t byte = static_cast<unsigned char>(bytes[at++]);
      held |= held_bits < 0 ? byte >> -held_bits : byte << held_bits;
      held_bits += 8;
    }
    const std::uint64_t value = held & mask;
    std::memcpy(out.data() + i * width, &value, width);  // little endian
    held >>= bits;
    held_bits -= bits;
  }
  return out;
}

Buffer<std::byte> interleave(std::span<const std::byte> planes, int samples, int bytes_per_sample) {
  Buffer<std::byte> out;
  out.assign(planes.size(), {});
  const auto width = static_cast<std::size_t>(bytes_per_sample);
  const auto count = static_cast<std::size_t>(samples);
  const std::size_t pixels = planes.size() / (width * count);
  for (std::size_t sample = 0; sample < count; ++sample) {
    const std::byte* from = planes.data() + sample * pixels * width;
    std::byte* to = out.data() + sample * width;
    for (std::size_t i = 0; i < pixels; ++i, from += width, to += width * count) {
      std::memcpy(to, from, width);
    }
  }
  return out;
}

Result<> check_native(const DicomFile& file, const Element& element,
                      const PixelDescription& pixels) {
  if (element.length == Element::kUndefinedLength) {
    return Error{Errc::corrupt, "the pixel data should be native and is encapsulated"};
  }
  const bool shared = shares_chrominance(element.length, pixels.frames, pixels);
  if (shared && (pixels.columns % 2 != 0 || pixels.planar)) {
    return Error{Errc::corrupt, "shared chrominance in rows of odd length or in planes"};
  }
  const std::int64_t bits = frame_bits(shared, pixels);
  if (pixels.frames > INT64_MAX / bits || !reaches(file, element, (bits * pixels.frames + 7) / 8)) {
    return Error{Errc::corrupt, "the pixel data is too short"};
  }
  // Nothing else tells pixels in a row without gaps from an attribute that is wrong.
  const std::int64_t bytes = (bits * pixels.frames + 7) / 8;
  if (pixels.bits_allocated > 1 && pixels.bits_allocated % 8 != 0 &&
      element.length != bytes + bytes % 2) {
    return Error{Errc::corrupt, "pixels of an odd number of bits, and more than there should be"};
  }
  return {};
}

std::int64_t native_frame_bits(const Element& element, const PixelDescription& pixels) {
  return frame_bits(shares_chrominance(element.length, pixels.frames, pixels), pixels);
}

Result<Samples> read_native_frame(const DicomFile& file, const Element& element,
                                  const PixelDescription& pixels, int frame) {
  const bool shared = shares_chrominance(element.length, pixels.frames, pixels);
  const std::int64_t bits = frame_bits(shared, pixels);
  const std::int64_t first_bit = bits * frame;
  const ByteRange range{first_bit / 8, (first_bit % 8 + bits + 7) / 8};
  DCMFS_TRY(auto bytes, read_native_pixels(file, element, range));
  return as_samples(std::move(bytes), static_cast<int>(first_bit % 8), shared, pixels);
}

Result<CodestreamHeader> parse_native_header(std::string_view, std::int64_t,
                                             const PixelDescription& pixels) {
  return CodestreamHeader{.rows = pixels.rows,
                          .columns = pixels.columns,
                          .components = pixels.samples_per_pixel,
                          .precision = pixels.bits_allocated,
                          .photometric_interpretation = pixels.photometric_interpretation};
}

Result<Samples> decode_native(std::string_view bytes, const CodestreamHeader&,
                              const PixelDescription& pixels) {
  const bool shared = shares_chrominance(std::ssize(bytes), 1, pixels);
  const std::int64_t length = (frame_bits(shared, pixels) + 7) / 8;
  if (std::ssize(bytes) < length || (shared && pixels.columns % 2 != 0)) {
    return Error{Errc::corrupt, "a frame is too short"};
  }
  const auto view = std::as_bytes(std::span(bytes)).first(static_cast<std::size_t>(length));
  return as_samples({view.begin(), view.end()}, 0, shared, pixels);
}

Result<Samples> decode_deflated(std::string_view bytes, const CodestreamHeader& header,
                                const PixelDescription& pixels) {
  // Room for the longest frame, its padding and a byte that should not be there.
  const std::int64_t length = (frame_bits(false, pixels) + 7) / 8;
  std::string inflated(static_cast<std::size_t>(length + 2), '\0');
  const auto source = memory_source(bytes);
  const auto inflate = inflated_source(*source, 0, kInflatedBytesMax);
  DCMFS_TRY(const std::size_t got, inflate->read(0, std::as_writable_bytes(std::span(inflated))));
  return decode_native(std::string_view(inflated).substr(0, got), header, pixels);
}

}  // namespace dcmfs
