#include "tools/phantom/smooth.h"

#include <cstddef>

namespace dcmfs::phantom {

void smooth(std::vector<float>& image, int columns, int rows) {
  const auto width = static_cast<std::size_t>(columns), height = static_cast<std::size_t>(rows);
  if (width < 3 || height < 3) return;
  std::vector<float> line(width), above(width);
  for (std::size_t r = 0; r < height; ++r) {
    float* row = image.data() + r * width;
    for (std::size_t c = 1; c + 1 < width; ++c)
      line[c] = 0.25f * row[c - 1] + 0.5f * row[c] + 0.25f * row[c + 1];
    for (std::size_t c = 1; c + 1 < width; ++c) row[c] = line[c];
  }
  for (std::size_t c = 0; c < width; ++c) above[c] = image[c];
  for (std::size_t r = 1; r + 1 < height; ++r) {
    float* row = image.data() + r * width;
    for (std::size_t c = 0; c < width; ++c) {
      const float here = row[c];
      row[c] = 0.25f * above[c] + 0.5f * here + 0.25f * row[c + width];
      above[c] = here;
    }
  }
}

}  // namespace dcmfs::phantom
