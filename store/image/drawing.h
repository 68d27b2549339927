#pragma once
// Marks on a picture: lines, filled shapes and masks, with smooth edges. Coordinates are those of
// PS3.3 C.10.5: 0\0 is the corner of the first pixel, whose centre is 0.5\0.5.
#include <cstdint>
#include <span>
#include <vector>

#include "store/image/render.h"

namespace dcmfs {

struct Point {
  double x = 0, y = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

struct Ink {
  std::uint8_t red = 255, green = 255, blue = 255;
  bool is_grey() const { return red == green && green == blue; }
  static constexpr Ink grey(std::uint8_t value) { return {value, value, value}; }
};

// How much of each pixel something covers, 0 to 255: text, for one.
struct Mask {
  int width = 0, height = 0;
  Buffer<std::uint8_t> coverage;  // rows without padding
};
// With `radius` pixels more on all sides, which is covered up to that far from what was.
Mask grown(const Mask&, int radius);

// Draws on a picture that outlives it. On a grey picture inks are the mean of their colours.
class Canvas {
 public:
  explicit Canvas(Picture& picture) : picture_(picture) {}

  void line(std::span<const Point> path, double thickness, Ink);
  // What is inside by the even-odd rule.
  void fill(std::span<const Point> path, Ink);
  // Its first pixel at (x, y).
  void mask(const Mask&, int x, int y, Ink);
  // Drawing is paid for: a path of many long lines is given up, and nothing is drawn any more.
  bool pay(std::int64_t pixels) {
    effort_ += pixels;
    return !exhausted();
  }
  bool exhausted() const { return effort_ > kEffortMax; }

 private:
  static constexpr std::int64_t kEffortMax = std::int64_t{1}
                                             << 25;  // pixels looked at: a second at most

  void segment(Point from, Point to, double radius, Ink);
  void blend(int x, int y, double coverage, Ink);

  Picture& picture_;
  std::int64_t effort_ = 0;
};

// Where a row, at the centres of its pixels, crosses the closed path, from left to right: of each row
// above `height`. Empty if that were more crossings than `crossings_max`.
std::vector<std::vector<double>> crossings_of(std::span<const Point> path, int height,
                                              std::int64_t crossings_max);

}  // namespace dcmfs
