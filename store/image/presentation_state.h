#pragma once
// Softcopy presentation states (PS3.3 A.33, PS3.4 N): how somebody wanted an image to be seen, kept as
// an instance of its own. Grayscale and Color are known.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "store/image/drawing.h"
#include "store/image/grey.h"

namespace dcmfs {

enum class Units : std::uint8_t {
  pixel,
  display
};  // of the image, or 0 to 1 of the displayed area

struct PlacedPoint {
  Point at;
  Units units = Units::pixel;
};

struct GraphicShape {
  std::vector<Point> path;  // curves are many short lines
  Units units = Units::pixel;
  bool is_point = false, is_filled = false;
};

enum class Justification : std::uint8_t { left, center, right };

struct GraphicText {
  std::vector<std::string> lines;
  std::optional<std::array<PlacedPoint, 2>> box;  // two corners
  std::optional<PlacedPoint> anchor;
  bool anchor_is_visible = false;
  Justification justification = Justification::left;
};

// Pixels of the image, whose first may be anywhere; that of pixel (0, 0) is the image's own.
struct Overlay {
  int left = 0, top = 0, width = 0, height = 0;
  std::vector<bool> bits;
  bool at(int x, int y) const {
    return x >= left && y >= top && x < left + width && y < top + height &&
           bits[static_cast<std::size_t>(y - top) * static_cast<std::size_t>(width) +
                static_cast<std::size_t>(x - left)];
  }
};

struct DrawnLayer {
  std::string name;
  std::int64_t order = 0;
  Ink ink;
  std::vector<Overlay> overlays;
  std::vector<GraphicShape> shapes;
  std::vector<GraphicText> texts;
};

// What it covers is one grey. PS3.3 C.7.6.11 and C.7.6.15; rows and columns from 1.
struct DisplayShutter {
  struct Rectangle {
    std::int64_t left, right, upper, lower;
  };
  struct Circle {
    double row, column, radius;
  };
  std::optional<Rectangle> rectangle;
  std::optional<Circle> circle;
  std::vector<Point> polygon;
  std::optional<Overlay> bitmap;
  Ink ink = Ink::grey(0);
};

// PS3.3 C.10.4: columns and rows of the image as it is stored, from 1, both corners included.
struct DisplayedArea {
  std::int64_t left = 1, top = 1, right = 1, bottom = 1;
  bool magnifies = false;
  double magnification = 1;
  double aspect = 1;  // the height of a pixel by its width
};

struct PresentationState {
  GreyAttributes grey;
  std::optional<DisplayShutter> shutter;
  std::vector<DrawnLayer> layers;  // the lowest first
  std::optional<DisplayedArea> area;
  int rotation = 0;  // clockwise, in degrees, before it is flipped
  bool is_flipped = false;
};

struct ReferencedImage {
  std::string series, instance;
  std::vector<int> frames;  // from 0; empty: all
};

// A data set that is one of the presentation states that can be applied; of others render() has no
// picture either.
bool is_presentation_state(const Dataset&);
// The images that it is for, in its order (PS3.3 C.11.11).
std::vector<ReferencedImage> referenced_images(const Dataset& state);

// What it says of one frame (from 0) of an image. Errors: not_supported (another kind of state, or one
// that draws too much), invalid_argument (it is not about this image, or not about this frame).
Result<PresentationState> read_presentation_state(const DicomFile& state, const DicomFile& image,
                                                  const PixelDescription&, int frame);

struct FittedSize {
  int width = 0, height = 0;  // at most; 0: as it is, a pixel for each pixel of the image
};
// The frame by PS3.4 N.2: grey values by the state alone, shutter, overlays, the displayed area, rotated
// and flipped, and then what is drawn in layers. Text is left out where there is no font. Errors: those
// of render(), not_supported (an area or drawings beyond the limits).
Result<Picture> present(const DicomFile& image, const PixelDescription&, int frame,
                        const PresentationState&, FittedSize);

}  // namespace dcmfs
