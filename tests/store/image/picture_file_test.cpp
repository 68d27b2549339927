#include "store/image/picture_file.h"

#include <string>

#include <gtest/gtest.h>
#include <png.h>

#include "store/dicom/base64.h"
#include "store/image/render.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

// 8x8, baseline, JFIF: grey, and red (200), green (50), blue (20).
constexpr std::string_view kGreyJpeg =
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4R"
    "DgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/wAALCAAIAAgBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcI"
    "CQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcY"
    "GRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKj"
    "pKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APyq"
    "r//Z";
constexpr std::string_view kColourJpeg =
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgMCAgMDAwMEAwMEBQgFBQQEBQoHBwYIDAoMDAsKCwsNDhIQDQ4R"
    "DgsLEBYQERMUFRUVDA8XGBYUGBIUFRT/2wBDAQMEBAUEBQkFBQkUDQsNFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU"
    "FBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBT/wAARCAAIAAgDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAA"
    "AAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAk"
    "M2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKT"
    "lJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QA"
    "HwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdh"
    "cRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hp"
    "anN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk"
    "5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDxyiiivxQ/s0//2Q==";

std::string decoded64(std::string_view text) {
  return decode_base64(text).value_or("");
}

// PNG of any kind, by libpng's simplest interface.
std::string png_of(png_uint_32 format, int columns, int rows, const void* pixels) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(columns);
  image.height = static_cast<png_uint_32>(rows);
  image.format = format;
  png_alloc_size_t size = 0;
  EXPECT_TRUE(png_image_write_to_memory(&image, nullptr, &size, 0, pixels, 0, nullptr));
  std::string bytes(size, '\0');
  EXPECT_TRUE(png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels, 0, nullptr));
  bytes.resize(size);
  return bytes;
}

TEST(PictureFile, GreyPngKeepsItsSamples) {
  constexpr std::string_view kSamples = "abcdef";

  const auto pixels = decode_picture_file(png_of(PNG_FORMAT_GRAY, 3, 2, kSamples.data()));

  ASSERT_OK(pixels);
  EXPECT_EQ(pixels->columns, 3);
  EXPECT_EQ(pixels->rows, 2);
  EXPECT_EQ(pixels->channels, 1);
  EXPECT_EQ(pixels->bits, 8);
  EXPECT_EQ(pixels->samples, kSamples);
}

TEST(PictureFile, GreyPngOf16BitsIsLittleEndian) {
  // Linear: libpng writes its 16 bit numbers as they are.
  constexpr std::uint16_t kNumbers[] = {0x0102, 0xfffe};

  const auto pixels = decode_picture_file(png_of(PNG_FORMAT_LINEAR_Y, 2, 1, kNumbers));

  ASSERT_OK(pixels);
  EXPECT_EQ(pixels->bits, 16);
  EXPECT_EQ(pixels->samples, "\x02\x01\xfe\xff");
}

TEST(PictureFile, ColourPngIsRgbWithoutAlpha) {
  constexpr std::string_view kRgba("\x10\x20\x30\xff\x40\x50\x60\xff", 8);

  const auto rgba = decode_picture_file(png_of(PNG_FORMAT_RGBA, 2, 1, kRgba.data()));

  ASSERT_OK(rgba);
  EXPECT_EQ(rgba->channels, 3);
  EXPECT_EQ(rgba->samples, "\x10\x20\x30\x40\x50\x60");
}

TEST(PictureFile, WhatWeWriteWeRead) {
  Picture picture{5, 4, 3, {}};
  for (int i = 0; i < 60; ++i) picture.pixels.push_back(static_cast<std::uint8_t>(i));
  const auto png = encode_png(picture);
  ASSERT_OK(png);

  const auto pixels = decode_picture_file(*png);

  ASSERT_OK(pixels);
  EXPECT_EQ(pixels->samples, std::string(reinterpret_cast<const char*>(picture.pixels.data()), 60));
}

TEST(PictureFile, DamagedPngIsRefused) {
  const std::string png = png_of(PNG_FORMAT_GRAY, 64, 64, std::string(4096, 'x').data());
  for (std::size_t size = 0; size < png.size(); ++size)
    EXPECT_FALSE(decode_picture_file(std::string_view(png).substr(0, size))) << size;
  std::string damaged = png;
  damaged[20] = '\x7f';
  EXPECT_FALSE(decode_picture_file(damaged));
}

TEST(PictureFile, JpegBecomesSamples) {
  const auto grey = decode_picture_file(decoded64(kGreyJpeg));
  const auto colour = decode_picture_file(decoded64(kColourJpeg));

  ASSERT_OK(grey);
  EXPECT_EQ(grey->channels, 1);
  EXPECT_EQ(grey->samples.size(), 64u);
  EXPECT_EQ(grey->samples, std::string(64, grey->samples[0]));
  ASSERT_OK(colour);
  EXPECT_EQ(colour->channels, 3);
  ASSERT_EQ(colour->samples.size(), 192u);
  const int expected[] = {200, 50, 20};
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(static_cast<unsigned char>(colour->samples[i]), expected[i], 4);
}

TEST(PictureFile, JpegCanStayOne) {
  const std::string bytes = decoded64(kColourJpeg);

  const auto frame = jpeg_frame(bytes);

  ASSERT_OK(frame);
  EXPECT_EQ(frame->columns, 8);
  EXPECT_EQ(frame->rows, 8);
  EXPECT_EQ(frame->channels, 3);
  EXPECT_EQ(frame->photometric_interpretation, "YBR_FULL_422");
  EXPECT_EQ(frame->bytes, bytes);
  EXPECT_EQ(jpeg_frame(decoded64(kGreyJpeg))->photometric_interpretation, "MONOCHROME2");
}

TEST(PictureFile, DamagedJpegIsRefused) {
  const std::string jpeg = decoded64(kColourJpeg);
  for (std::size_t size = 0; size + 40 < jpeg.size(); ++size)
    EXPECT_FALSE(decode_picture_file(std::string_view(jpeg).substr(0, size))) << size;
}

TEST(PictureFile, OtherFilesAreNotSupported) {
  for (const std::string_view other : {"", "GIF89a", "%PDF-1.4", "BM"}) {
    const auto pixels = decode_picture_file(other);

    ASSERT_FALSE(pixels);
    EXPECT_EQ(pixels.error().code, Errc::not_supported);
    EXPECT_FALSE(jpeg_frame(other));
  }
}

}  // namespace
}  // namespace dcmfs
