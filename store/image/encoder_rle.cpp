// RLE, PS3.5 annex G.
#include <array>
#include <cstdint>

#include "store/image/compress.h"

namespace dcmfs {
namespace {

constexpr std::size_t kRunMax = 128;  // PS3.5 G.3.1
constexpr std::size_t kHeaderBytes = 64;

// One row of a segment: G.3 has none cross its end.
void append_row(std::string& out, std::string_view row) {
  std::size_t at = 0;
  const auto run_at = [&](std::size_t begin) {
    std::size_t end = begin + 1;
    while (end < row.size() && end - begin < kRunMax && row[end] == row[begin]) ++end;
    return end - begin;
  };
  while (at < row.size()) {
    const std::size_t run = run_at(at);
    if (run >= 2) {
      out += static_cast<char>(1 - static_cast<int>(run));
      out += row[at];
      at += run;
      continue;
    }
    // Literally up to three alike, which shall be a run: two in between are no shorter as one.
    std::size_t end = at + 1;
    while (end < row.size() && end - at < kRunMax &&
           !(end + 2 < row.size() && row[end] == row[end + 1] && row[end] == row[end + 2]))
      ++end;
    out += static_cast<char>(end - at - 1);
    out += row.substr(at, end - at);
    at = end;
  }
}

void append_segment(std::string& out, std::string_view plane, std::size_t row_bytes) {
  for (std::size_t at = 0; at < plane.size(); at += row_bytes)
    append_row(out, plane.substr(at, row_bytes));
  if (out.size() % 2 != 0) out += '\0';
}

}  // namespace

Result<std::string> encode_rle(const Frame& frame) {
  const bool is_bits = frame.pixels.bits_allocated == 1;
  const auto width = is_bits ? std::size_t{1} : static_cast<std::size_t>(frame.bytes_per_sample());
  const std::size_t segments = width * static_cast<std::size_t>(frame.pixels.samples_per_pixel);
  const auto columns = static_cast<std::size_t>(frame.pixels.columns);
  std::array<std::uint32_t, kHeaderBytes / sizeof(std::uint32_t)> header{};
  header[0] = static_cast<std::uint32_t>(segments);
  std::string out(kHeaderBytes, '\0');
  for (std::size_t i = 0; i < segments; ++i) {
    header[i + 1] = static_cast<std::uint32_t>(out.size());
    if (is_bits) {  // rows begin inside bytes: one segment of the packed frame
      const auto packed = pack_bits(frame.data);
      append_segment(out, packed, packed.size());
      break;
    }
    // G.2: a segment for each byte of a sample, the most significant one first.
    const std::size_t first = i / width * width + (width - 1 - i % width);
    std::string plane(frame.data.size() / segments, '\0');
    for (std::size_t n = 0; n < plane.size(); ++n)
      plane[n] = static_cast<char>(frame.data[first + n * segments]);
    append_segment(out, plane, columns);
  }
  for (std::size_t i = 0; i < header.size(); ++i)
    for (std::size_t byte = 0; byte < sizeof header[i]; ++byte)
      out[i * sizeof header[i] + byte] = static_cast<char>(header[i] >> (8 * byte));
  return out;
}

}  // namespace dcmfs
