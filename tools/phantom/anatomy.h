#pragma once
// The parts of the body as a table: what, where and how large.
#include <cstdint>
#include <optional>
#include <span>

#include "tools/phantom/tissue.h"

namespace dcmfs::phantom {

// The outline of the trunk at a height, in mm.
struct Section {
  double z, half_width, half_depth, y, fat;
};
std::span<const Section> trunk_sections();  // from below

enum class Shape : std::uint8_t {
  ellipsoid,  // centre x, y, z; radii a, b, c
  column,     // x, y, from z to c; radii a, b
  tube,       // from x, y, z to a, b, c; `radius`
};

struct Part {
  Shape shape;
  Tissue tissue;
  double x, y, z;
  double a, b, c;
  double radius = 0;                // of a tube
  double angle = 0;                 // in the slice, radians
  std::optional<Tissue> over = {};  // paints over this only
  bool mirrored = false;            // is also there on the other side
  double wave = 0;                  // folds
};

std::span<const Part> parts();  // in the order in which they are painted

}  // namespace dcmfs::phantom
