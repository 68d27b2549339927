#pragma once
// Outlines of regions in a slice, as radiotherapy draws them.
#include <vector>

#include "tools/phantom/canvas.h"

namespace dcmfs::phantom {

struct Point {
  double x, y;  // mm
};
using Outline = std::vector<Point>;  // closed; the last point is not the first again

// The outer outlines of the pixels where `mask` is 1, between the pixels and a little smoothed.
// Holes and specks below `area_min` (mm2) are left out.
std::vector<Outline> outlines(const Plane&, std::vector<float> mask, double area_min);

}  // namespace dcmfs::phantom
