#pragma once
// Instances whose pixels are compressed, made of fragments that a test writes.
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/make_dicom.h"

namespace dcmfs::rest {

inline std::string number_of_4_bytes(std::size_t n) {
  std::string out;
  for (int i = 0; i < 4; ++i) out += static_cast<char>(n >> (8 * i) & 0xff);
  return out;
}

// The file of `dicom` with these fragments and an empty offset table (PS3.5 A.4).
inline std::string encapsulated(DicomBuilder dicom, std::string_view transfer_syntax,
                                const std::vector<std::string>& fragments) {
  std::string bytes = dicom.erase(tags::PixelData).in(transfer_syntax).bytes();
  bytes += std::string("\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff", 12);
  const auto item = [&](std::string_view content) {
    bytes += std::string("\xfe\xff\0\xe0", 4) + number_of_4_bytes(content.size());
    bytes += content;
  };
  item("");
  for (const auto& fragment : fragments) item(fragment);
  return bytes + std::string("\xfe\xff\xdd\xe0\0\0\0\0", 8);
}

// An RLE frame of one segment (PS3.5 G), of up to 128 bytes; damaged: it ends too early.
inline std::string rle_frame(std::string_view pixels) {
  std::string out = number_of_4_bytes(1) + number_of_4_bytes(64) + std::string(56, '\0');
  out += static_cast<char>(pixels.size() - 1);
  out += pixels;
  return out.size() % 2 == 0 ? out : out + '\0';
}
inline std::string damaged_rle_frame() {
  return number_of_4_bytes(1) + number_of_4_bytes(64) + std::string(56, '\0') +
         std::string(8, '\x80');
}

inline constexpr std::string_view kH264 = "1.2.840.10008.1.2.4.102",
                                  kJpegXl = "1.2.840.10008.1.2.4.110";

}  // namespace dcmfs::rest
