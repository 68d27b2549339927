#pragma once
// From stored values to grey: Modality LUT, VOI LUT and Presentation LUT shape
// (PS3.3 C.11.1, C.11.2 and C.11.6, in the order of PS3.4 N.2), and pixel padding.
#include <optional>
#include <variant>

#include "store/image/lut.h"
#include "store/image/render.h"

namespace dcmfs {

struct Rescale {
  double slope = 1, intercept = 0;
};
using Modality = std::variant<Rescale, Lut>;

struct Range {  // both inclusive
  double low = 0, high = 0;
  bool contains(double value) const { return low <= value && value <= high; }
};
using Voi = std::variant<Range, Window, Lut>;

double modality_value(const Modality&, double stored);
// 0 to 255, not rounded.
double voi_value(const Voi&, double value);
// PS3.3 C.11.4.1: its first entry is for black, its last for white.
double presentation_value(const Lut&, double voi_value);

// What a data set says of the grey values of one frame.
struct GreyAttributes {
  Modality modality;
  std::optional<Voi> voi;           // the first window, else the first VOI LUT
  std::optional<Range> padding;     // stored values that are no image
  std::optional<Lut> presentation;  // else only its shape
  bool inverted = false;
};

GreyAttributes read_grey_attributes(const DicomFile&, const PixelDescription&, int frame);
// The window, else the look-up table, of the VOI LUT macro (PS3.3 C.11.2) in an item of the file; its
// values are what `modality` makes of these pixels.
std::optional<Voi> read_voi(const DicomFile&, const Dataset& item, const PixelDescription&,
                            const Modality&);
// All that `modality` can make of pixels of so many bits.
Range possible_values(const PixelDescription&, const Modality&);
// RescaleSlope and RescaleIntercept of one frame alone, whatever else there is; 1 and 0 if they are
// absent or no use.
Rescale read_rescale(const DicomFile&, int frame);

// Of a frame with one sample that is no index into a palette.
Picture grey_picture(const Frame&, const GreyAttributes&, const std::optional<Window>&);

}  // namespace dcmfs
