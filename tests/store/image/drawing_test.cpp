#include "store/image/drawing.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>

namespace dcmfs {
namespace {

using testing::Each;
using testing::ElementsAre;

Picture blank(int width, int height, int channels = 1) {
  Picture out{width, height, channels, {}};
  out.pixels.assign(static_cast<std::size_t>(width * height * channels), 0);
  return out;
}

TEST(Canvas, FillsByHowMuchOfAPixelIsInside) {
  Picture picture = blank(4, 3);
  const Point square[] = {{1, 1}, {3.5, 1}, {3.5, 2}, {1, 2}};

  Canvas(picture).fill(square, Ink::grey(200));

  EXPECT_THAT(picture.pixels, ElementsAre(0, 0, 0, 0, 0, 200, 200, 100, 0, 0, 0, 0));
}

TEST(Canvas, FillsByTheEvenOddRule) {
  Picture picture = blank(6, 1);
  const Point twice[] = {{0, 0}, {6, 0}, {6, 1}, {0, 1}, {0, 0},
                         {2, 0}, {4, 0}, {4, 1}, {2, 1}, {2, 0}};

  Canvas(picture).fill(twice, Ink{});

  EXPECT_THAT(picture.pixels, ElementsAre(255, 255, 0, 0, 255, 255));
}

TEST(Canvas, DrawsALineAsThickAsItIs) {
  Picture picture = blank(3, 5, 3);
  const Point across[] = {{-9, 2.5}, {99, 2.5}};

  Canvas(picture).line(across, 2, Ink{10, 20, 30});

  const auto column = [&](int y) {
    return picture.pixels[static_cast<std::size_t>((y * 3 + 1) * 3 + 1)];
  };
  EXPECT_EQ(column(2), 20);
  EXPECT_EQ(column(1), 10);  // half of it is covered
  EXPECT_EQ(column(0), 0);
}

TEST(Canvas, DrawsNothingBeyondThePictureAndNoNumbersThatAreNone) {
  Picture picture = blank(4, 4);
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN(),
                   kInfinite = std::numeric_limits<double>::infinity();
  const Point far[] = {{1e300, -1e300}, {-kInfinite, 1e300}, {1e12, 1e12}};
  const Point none[] = {{kNan, kNan}, {kNan, kNan}};
  Canvas canvas(picture);

  canvas.line(far, 1, Ink{});
  canvas.fill(far, Ink{});
  canvas.line(none, 1e-3, Ink::grey(0));
  canvas.mask({2, 2, {255, 255, 255, 255}}, 3, 3, Ink::grey(7));
  canvas.mask({2, 2, {255, 255, 255, 255}}, -5, -5, Ink{});

  EXPECT_EQ(picture.pixels.back(), 7);
}

TEST(Canvas, GivesUpWhatWouldTakeSeconds) {
  Picture picture = blank(4000, 4000);
  std::vector<Point> path;
  for (int i = 0; i < 100'000; ++i)
    path.push_back({i % 2 == 0 ? 0.0 : 4000.0, (i * 1999) % 4000 + 0.0});
  Canvas lines(picture), fills(picture);

  lines.line(path, 3, Ink{});
  fills.fill(path, Ink{});

  EXPECT_TRUE(lines.exhausted());
  EXPECT_TRUE(fills.exhausted());
}

TEST(Canvas, ColoursOfAGreyPictureAreTheirMean) {
  Picture picture = blank(1, 1);
  Canvas(picture).mask({1, 1, {255}}, 0, 0, Ink{30, 60, 90});
  EXPECT_THAT(picture.pixels, ElementsAre(60));
}

TEST(Mask, GrowsOnAllSides) {
  const Mask grown_mask = grown({1, 1, {99}}, 1);
  EXPECT_EQ(grown_mask.width, 3);
  EXPECT_THAT(grown_mask.coverage, Each(99));
}

}  // namespace
}  // namespace dcmfs
