#pragma once
// Frames for programs that compute with them or look at them without knowing DICOM: numbers, not
// what a radiologist would see (render.h).
#include <algorithm>
#include <cmath>
#include <limits>

#include "store/image/render.h"
#include "store/image/values.h"

namespace dcmfs {

// Grey: the stored values, but 1-bit pixels are 0 and 255. RGB: its samples. Other colours: 8-bit
// red, green and blue. `frame` counts from 0. Errors: those of decode_frame.
Result<Frame> numeric_frame(const DicomFile&, const PixelDescription&, int frame);

// Grey values times RescaleSlope plus RescaleIntercept, as float32 (float64 stays so); of other
// look-up tables, and of the dose of a grid, nothing is known here. Colour as it is.
Frame rescaled(const DicomFile&, Frame, int frame);
// Whether rescaled() makes floating point of it.
bool may_be_rescaled(const PixelDescription&);

// The lowest value black, the highest white; MONOCHROME1 the other way round. Grey frames only.
Picture stretched(const Frame&);

// Each value as the nearest that `To` has; of floating point its integer part. Grey frames only.
template <class To>
Buffer<To> clamped(const Frame& frame) {
  return with_values(frame, [](auto values) {
    Buffer<To> out(values.size());
    std::ranges::transform(values, out.begin(), [](auto value) {
      const auto number = static_cast<double>(value);
      if (std::isnan(number)) return To{0};
      return static_cast<To>(std::clamp<double>(number, std::numeric_limits<To>::min(),
                                                std::numeric_limits<To>::max()));
    });
    return out;
  });
}

}  // namespace dcmfs
