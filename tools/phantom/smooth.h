#pragma once
// The blur of an imaging system, so that edges are not those of a drawing.
#include <vector>

namespace dcmfs::phantom {

// One pass of (1/4, 1/2, 1/4) along both axes; the border is kept.
void smooth(std::vector<float>& image, int columns, int rows);

}  // namespace dcmfs::phantom
