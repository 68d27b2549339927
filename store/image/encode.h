#pragma once
// Pixels as files of pictures: PNG, JPEG, PAM. Any size that the format allows.
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "store/image/render.h"

namespace dcmfs {

// What is encoded: rows without padding, colour by pixel, in the byte order of this machine.
struct Raster {
  int width = 0, height = 0;
  int channels = 1;  // 1 grey, 3 red green blue
  int bytes = 1;     // of a sample: 1 or 2
  std::span<const std::byte> samples{};
};
// Of a picture that outlives it.
Raster raster_of(const Picture&);

// All of them: invalid_argument if the samples are not those of such a picture, or the format has no
// picture of that size.

// Deflated at a level from 0 to 9. Unlike that of encode_png(Picture) its size depends on the pixels.
inline constexpr int kFastPng = 1;
// `icc`: a colour profile to send with it, or nothing.
Result<std::string> encode_png(const Raster&, int level, std::string_view icc = {});
// Samples of one byte. `quality` from 1 to 100, libjpeg's scale.
Result<std::string> encode_jpeg(const Raster&, int quality, std::string_view icc);
Result<std::string> encode_jpeg(const Raster&, int quality);
// Netpbm's P7. Samples of two bytes have the most significant first.
Result<std::string> encode_pam(const Raster&);

}  // namespace dcmfs
