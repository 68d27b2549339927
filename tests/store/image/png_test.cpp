#include <cstring>

#include <gtest/gtest.h>
#include <png.h>

#include "store/image/render.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

Picture make_picture(int width, int height, int channels) {
  Picture out{width, height, channels, {}};
  out.pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height * channels));
  unsigned seed = 12345;
  for (auto& pixel : out.pixels) {
    seed = seed * 1664525 + 1013904223;
    pixel = static_cast<std::uint8_t>(seed >> 24);
  }
  return out;
}

struct Geometry {
  int width, height, channels;
};

class PngGeometry : public testing::TestWithParam<Geometry> {};

TEST_P(PngGeometry, HasTheSizeThatWasForetold) {
  const auto [width, height, channels] = GetParam();

  const auto png = encode_png(make_picture(width, height, channels));

  ASSERT_OK(png);
  EXPECT_EQ(std::ssize(*png), png_size(width, height, channels));
}

TEST_P(PngGeometry, IsReadBackByLibpng) {
  const auto [width, height, channels] = GetParam();
  const Picture picture = make_picture(width, height, channels);
  const auto png = encode_png(picture);
  ASSERT_OK(png);

  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  ASSERT_TRUE(png_image_begin_read_from_memory(&image, png->data(), png->size())) << image.message;
  EXPECT_EQ(image.format, channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY);
  Buffer<std::uint8_t> pixels(PNG_IMAGE_SIZE(image));
  ASSERT_TRUE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr)) << image.message;

  EXPECT_EQ(image.width, static_cast<unsigned>(width));
  EXPECT_EQ(image.height, static_cast<unsigned>(height));
  EXPECT_EQ(pixels, picture.pixels);
}

// Among them sizes where a block or a chunk is just full: 32768 raw bytes, 8192 of the stream.
constexpr Geometry kGeometries[] = {
    {1, 1, 1},     {1, 1, 3},     {2, 3, 1},       {7, 5, 3},       {64, 64, 1},   {163, 153, 1},
    {255, 128, 1}, {255, 129, 1}, {333, 777, 1},   {333, 777, 3},   {512, 512, 1}, {512, 512, 3},
    {640, 480, 3}, {8175, 1, 1},  {8176, 1, 1},    {8177, 1, 1},    {8180, 1, 1},  {8181, 1, 1},
    {8182, 1, 1},  {32766, 1, 1}, {32767, 1, 1},   {32768, 1, 1},   {65535, 3, 1}, {65535, 3, 3},
    {1, 65535, 1}, {1, 65535, 3}, {1760, 1760, 1}, {3000, 2500, 1},
};
INSTANTIATE_TEST_SUITE_P(All, PngGeometry, testing::ValuesIn(kGeometries), [](const auto& test) {
  const Geometry& g = test.param;
  return std::to_string(g.width) + "x" + std::to_string(g.height) + "x" +
         std::to_string(g.channels);
});

TEST(Png, SizeOfAnOrdinaryPictureIsWhatLibpngWouldMakeOfIt) {
  EXPECT_EQ(png_size(512, 512, 1), 263148);
}

TEST(Png, SizeIsForetoldForEveryWidthAroundABlockAndAChunk) {
  for (int width = 8100; width < 8300; ++width) {
    const auto png = encode_png(make_picture(width, 4, 1));
    ASSERT_OK(png);
    ASSERT_EQ(std::ssize(*png), png_size(width, 4, 1)) << width;
  }
}

TEST(Png, RefusesAPictureWhosePixelsDoNotFit) {
  Picture picture = make_picture(4, 4, 1);
  picture.pixels.pop_back();

  EXPECT_EQ(encode_png(picture).error().code, Errc::invalid_argument);
  EXPECT_EQ(encode_png({}).error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace dcmfs
