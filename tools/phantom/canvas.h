#pragma once
// One transverse slice, painted with tissues in millimetres of the patient
// (PS3.3 C.7.6.2.1.1: x to the left, y to the back, z to the head).
#include <optional>
#include <vector>

#include "tools/phantom/tissue.h"

namespace dcmfs::phantom {

struct Plane {  // the pixels of a slice
  int columns = 0, rows = 0;
  double spacing = 1;     // mm, both ways
  double x0 = 0, y0 = 0;  // the centre of the first pixel

  double x(int column) const { return x0 + column * spacing; }
  double y(int row) const { return y0 + row * spacing; }
  std::size_t pixels() const {
    return static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows);
  }
};
Plane centred_plane(int columns, int rows, double spacing, double y_centre = 0);

struct Ellipse {
  double x = 0, y = 0, rx = 0, ry = 0;
  double angle = 0;            // radians, from x towards y
  double wave = 0, phase = 0;  // folds of the outline, as part of the radius
};

class Canvas {
 public:
  explicit Canvas(const Plane& plane) : plane_(plane), tissues_(plane.pixels(), Tissue::air) {}

  const Plane& plane() const { return plane_; }
  Tissue at(int column, int row) const { return tissues_[index(column, row)]; }
  const std::vector<Tissue>& tissues() const { return tissues_; }

  // |x|^exponent + |y|^exponent <= 1, over anything: the body and its layers. 2 is an ellipse; a
  // trunk is squarer.
  void outline(Tissue, const Ellipse&, double exponent);
  // These paint inside the body only, and only over one tissue where one is named.
  void ellipse(Tissue, const Ellipse&, std::optional<Tissue> over = {});
  void capsule(Tissue, double x1, double y1, double x2, double y2, double radius,
               std::optional<Tissue> over = {});
  // The table under the patient: the part of a ring below `y_top`.
  void table(double y_top);

 private:
  std::size_t index(int column, int row) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(plane_.columns) +
           static_cast<std::size_t>(column);
  }
  // Calls inside(x, y) for the pixels of a rectangle and paints those where it is true.
  template <class Inside>
  void paint(Tissue, double x, double y, double half_width, double half_height,
             std::optional<Tissue> over, Inside inside);

  Plane plane_;
  std::vector<Tissue> tissues_;
};

}  // namespace dcmfs::phantom
