#pragma once
// Pictures of another size.
#include "store/image/render.h"

namespace dcmfs {

enum class Resampling : std::uint8_t {
  nearest,  // each pixel is the one that its centre falls into
  smooth,   // the mean of what it covers; where it covers less than a pixel, between the next four
};

inline constexpr int kResizedDimensionMax = 16'384;
inline constexpr std::int64_t kResizedPixelsMax = 64 << 20;

// invalid_argument: no size, or above the limits.
Result<Picture> resized(const Picture&, int width, int height, Resampling);

}  // namespace dcmfs
