// RLE, PS3.5 annex G. Written here because DCMTK's decoder knows no 1-bit
// pixels and passes a frame that ends early as if it were whole.
#include <algorithm>
#include <array>

#include "store/image/codec.h"

namespace dcmfs {
namespace {

// PackBits (PS3.5 G.3.2) into every `stride`th byte, until `count` are filled.
bool unpack_segment(std::string_view segment, std::byte* out, std::size_t count,
                    std::size_t stride) {
  std::size_t in = 0;
  while (count > 0 && in < segment.size()) {
    const auto control = static_cast<signed char>(segment[in++]);
    if (control == -128) continue;
    const bool is_literal = control >= 0;
    const auto run = static_cast<std::size_t>(is_literal ? control + 1 : 1 - control);
    if (segment.size() - in < (is_literal ? std::min(run, count) : 1)) return false;
    const std::size_t written = std::min(run, count);
    for (std::size_t i = 0; i < written; ++i, out += stride) {
      *out = static_cast<std::byte>(segment[is_literal ? in + i : in]);
    }
    in += is_literal ? run : 1;
    count -= written;
  }
  return count == 0;
}

}  // namespace

Result<Samples> decode_rle(std::string_view bytes, const CodestreamHeader& header,
                           const PixelDescription& pixels) {
  const bool is_bits = pixels.bits_allocated == 1;
  const auto width = static_cast<std::size_t>((pixels.bits_allocated + 7) / 8);
  const auto samples = static_cast<std::size_t>(pixels.samples_per_pixel);
  const auto count =
      static_cast<std::size_t>(pixels.rows) * static_cast<std::size_t>(pixels.columns);
  const std::size_t plane = is_bits ? (count + 7) / 8 : count;
  const std::size_t segments = samples * width;

  std::array<std::size_t, 16> begins{};  // PS3.5 G.5: a header has room for 15 segments
  for (std::size_t i = 0; i < segments; ++i) {
    for (std::size_t byte = 4; byte-- > 0;) {
      begins[i] = begins[i] << 8 | static_cast<unsigned char>(bytes[4 + 4 * i + byte]);
    }
  }
  begins[segments] = bytes.size();

  Samples out;
  out.data.assign(plane * segments, {});
  out.bytes = static_cast<int>(width);
  out.bits = header.precision;
  out.photometric_interpretation = header.photometric_interpretation;
  for (std::size_t i = 0; i < segments; ++i) {
    const std::string_view segment = bytes.substr(begins[i], begins[i + 1] - begins[i]);
    // PS3.5 G.2: a segment for each byte of a sample, the most significant one first.
    const std::size_t at = i / width * width + (width - 1 - i % width);
    if (!unpack_segment(segment, out.data.data() + at, plane, segments)) {
      return Error{Errc::corrupt, "an RLE segment ends early"};
    }
  }
  if (is_bits) {
    out.data = unpack_bits({reinterpret_cast<const char*>(out.data.data()), plane}, 0, count);
  }
  return out;
}

}  // namespace dcmfs
