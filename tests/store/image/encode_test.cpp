#include "store/image/encode.h"

#include <cstdio>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <jpeglib.h>
#include <png.h>

#include "tests/support/ok.h"

namespace dcmfs {
namespace {

struct Kind {
  int channels, bytes;
};

class Encoded : public testing::TestWithParam<Kind> {
 protected:
  // Rows that change slowly, as those of images do.
  Raster make(int width, int height) {
    const auto [channels, bytes] = GetParam();
    samples_.resize(static_cast<std::size_t>(width * height * channels * bytes));
    for (std::size_t i = 0; i < samples_.size(); ++i)
      samples_[i] = static_cast<std::byte>(i * i / 977 % 251);
    return {width, height, channels, bytes, samples_};
  }
  std::vector<std::byte> samples_;
};

TEST_P(Encoded, APngHasTheSamplesAgain) {
  for (const int level : {0, 1, 9}) {
    const Raster raster = make(37, 29);

    const auto png = encode_png(raster, level);

    ASSERT_OK(png);
    png_structp reader = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop header = png_create_info_struct(reader);
    std::string_view left = *png;
    png_set_read_fn(reader, &left, [](png_structp self, png_bytep into, png_size_t count) {
      auto& bytes = *static_cast<std::string_view*>(png_get_io_ptr(self));
      ASSERT_LE(count, bytes.size());
      std::memcpy(into, bytes.data(), count);
      bytes.remove_prefix(count);
    });
    png_read_png(reader, header, raster.bytes == 2 ? PNG_TRANSFORM_SWAP_ENDIAN : 0, nullptr);
    EXPECT_EQ(png_get_image_width(reader, header), 37u);
    EXPECT_EQ(png_get_image_height(reader, header), 29u);
    EXPECT_EQ(png_get_bit_depth(reader, header), 8 * raster.bytes);
    EXPECT_EQ(png_get_channels(reader, header), raster.channels);
    std::string read;
    for (int y = 0; y < 29; ++y)
      read.append(reinterpret_cast<char*>(png_get_rows(reader, header)[y]),
                  png_get_rowbytes(reader, header));
    EXPECT_EQ(read, std::string(reinterpret_cast<const char*>(samples_.data()), samples_.size()));
    png_destroy_read_struct(&reader, &header, nullptr);
  }
}

TEST_P(Encoded, APamHasTheSamplesMostSignificantFirst) {
  const Raster raster = make(5, 3);

  const auto pam = encode_pam(raster);

  ASSERT_OK(pam);
  const std::string_view marker = "ENDHDR\n";
  const auto header = pam->substr(0, pam->find(marker) + marker.size());
  EXPECT_EQ(header, std::string("P7\nWIDTH 5\nHEIGHT 3\nDEPTH ") +
                        (raster.channels == 1 ? "1" : "3") + "\nMAXVAL " +
                        (raster.bytes == 1 ? "255" : "65535") + "\nTUPLTYPE " +
                        (raster.channels == 1 ? "GRAYSCALE" : "RGB") + "\nENDHDR\n");
  const auto samples = pam->substr(header.size());
  ASSERT_EQ(samples.size(), samples_.size());
  for (std::size_t i = 0; i < samples.size(); ++i)
    ASSERT_EQ(std::byte(samples[raster.bytes == 2 ? i ^ 1 : i]), samples_[i]) << i;
}

INSTANTIATE_TEST_SUITE_P(All, Encoded,
                         testing::Values(Kind{1, 1}, Kind{3, 1}, Kind{1, 2}, Kind{3, 2}),
                         [](const auto& test) {
                           return std::to_string(test.param.channels) + "x" +
                                  std::to_string(8 * test.param.bytes);
                         });

struct Decoded {
  int width = 0, height = 0, channels = 0;
  std::vector<std::uint8_t> samples;
};
Decoded decode_jpeg_file(const std::string& bytes) {
  jpeg_decompress_struct codec{};
  jpeg_error_mgr errors{};
  codec.err = jpeg_std_error(&errors);  // ends the test program if it is no JPEG
  jpeg_create_decompress(&codec);
  jpeg_mem_src(&codec, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&codec, TRUE);
  jpeg_start_decompress(&codec);
  Decoded out{static_cast<int>(codec.output_width),
              static_cast<int>(codec.output_height),
              codec.output_components,
              {}};
  const auto row_size = static_cast<std::size_t>(out.width * out.channels);
  out.samples.resize(row_size * static_cast<std::size_t>(out.height));
  while (codec.output_scanline < codec.output_height) {
    JSAMPLE* row = out.samples.data() + row_size * codec.output_scanline;
    jpeg_read_scanlines(&codec, &row, 1);
  }
  jpeg_finish_decompress(&codec);
  jpeg_destroy_decompress(&codec);
  return out;
}

Picture gradient(int channels) {
  Picture out{64, 48, channels, {}};
  for (int y = 0; y < 48; ++y)
    for (int x = 0; x < 64; ++x)
      for (int c = 0; c < channels; ++c)
        out.pixels.push_back(static_cast<std::uint8_t>(x * 2 + y + 20 * c));
  return out;
}

TEST(Jpeg, IsNearlyThePicture) {
  for (const int channels : {1, 3}) {
    const Picture picture = gradient(channels);

    const auto jpeg = encode_jpeg(raster_of(picture), 95);

    ASSERT_OK(jpeg);
    const Decoded decoded = decode_jpeg_file(*jpeg);
    EXPECT_EQ(decoded.width, 64);
    EXPECT_EQ(decoded.height, 48);
    ASSERT_EQ(decoded.channels, channels);
    for (std::size_t i = 0; i < picture.pixels.size(); ++i)
      ASSERT_NEAR(decoded.samples[i], picture.pixels[i], 8) << i;
  }
}

TEST(Jpeg, LowerQualityIsShorter) {
  const Picture picture = gradient(3);

  const auto low = encode_jpeg(raster_of(picture), 10), high = encode_jpeg(raster_of(picture), 100);

  ASSERT_OK(low);
  ASSERT_OK(high);
  EXPECT_LT(low->size(), high->size());
}

TEST(Jpeg, RefusesWhatItCannotHold) {
  const Picture picture = gradient(1);
  Raster raster = raster_of(picture);

  EXPECT_EQ(encode_jpeg(raster, 0).error().code, Errc::invalid_argument);
  EXPECT_EQ(encode_jpeg(raster, 101).error().code, Errc::invalid_argument);
  raster.height = 47;
  EXPECT_EQ(encode_jpeg(raster, 90).error().code, Errc::invalid_argument);
  const std::vector<std::byte> wide(70'000);
  EXPECT_EQ(encode_jpeg({70'000, 1, 1, 1, wide}, 90).error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace dcmfs
