#pragma once
// What the encoders share. Private to this folder.
#include "store/image/encode.h"

namespace dcmfs {

inline constexpr int kPamDimensionMax = 1 << 24;  // PAM itself has no limit

constexpr std::size_t row_bytes(const Raster& raster) {
  return static_cast<std::size_t>(raster.width) *
         static_cast<std::size_t>(raster.channels * raster.bytes);
}
// invalid_argument, unless its samples are those of a picture of this size and kind.
Result<> check_raster(const Raster&, int dimension_max);

}  // namespace dcmfs
