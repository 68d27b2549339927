#include "store/image/image.h"

namespace dcmfs {

int PixelDescription::channels() const {
  return samples_per_pixel >= 3 || photometric_interpretation == "PALETTE COLOR" ? 3 : 1;
}

int Frame::bytes_per_sample() const {
  switch (pixels.type) {
    case PixelType::float32:
      return 4;
    case PixelType::float64:
      return 8;
    case PixelType::integer:
      break;
  }
  return pixels.bits_allocated <= 8 ? 1 : pixels.bits_allocated <= 16 ? 2 : 4;
}

}  // namespace dcmfs
