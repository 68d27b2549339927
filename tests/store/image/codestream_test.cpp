#include "store/image/codestream.h"

#include <thread>

#include <gtest/gtest.h>

#include "store/image/render.h"
#include "tests/store/image/open_dicom.h"
#include "tests/support/manifest.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

std::string segment(char marker, const std::string& payload) {
  return std::string{'\xff', marker, '\0', static_cast<char>(payload.size() + 2)} + payload;
}

struct JpegHeader {
  char process = '\xc0';
  char precision = 8;
  char sampling = 0x11;  // of the first component
  bool jfif = false;
  int adobe = -1;

  std::string bytes() const {
    std::string out("\xff\xd8");
    if (jfif) out += segment('\xe0', std::string("JFIF\0\1\1\0\0\1\0\1\0\0", 14));
    if (adobe >= 0) out += segment('\xee', std::string("Adobe\0\x64\0\0\0\0", 11) + char(adobe));
    out += segment(process,
                   std::string{precision, 0, 2, 0, 3, 3, 1, sampling, 0, 2, 0x11, 0, 3, 0x11, 0});
    return out;
  }
};

PixelDescription colour(const char* photometric) {
  PixelDescription out;
  out.rows = 2;
  out.columns = 3;
  out.samples_per_pixel = 3;
  out.bits_allocated = out.bits_stored = 8;
  out.photometric_interpretation = photometric;
  return out;
}

std::string jpeg_colours(const JpegHeader& header, const char* attribute) {
  const std::string bytes = header.bytes();
  const auto parsed = parse_jpeg_header(bytes, std::ssize(bytes), colour(attribute));
  return parsed ? parsed->photometric_interpretation : "error: " + parsed.error().message;
}

TEST(JpegHeader, NamesItsDimensions) {
  const std::string bytes = JpegHeader().bytes();

  const auto header = parse_jpeg_header(bytes, std::ssize(bytes), colour("RGB"));

  ASSERT_OK(header);
  EXPECT_EQ(header->rows, 2);
  EXPECT_EQ(header->columns, 3);
  EXPECT_EQ(header->components, 3);
  EXPECT_EQ(header->precision, 8);
  EXPECT_TRUE(header->lossy);
}

TEST(JpegHeader, WithoutMarkersHasTheColoursOfTheAttribute) {
  EXPECT_EQ(jpeg_colours({}, "RGB"), "RGB");
  EXPECT_EQ(jpeg_colours({}, "YBR_FULL"), "YBR_FULL");
  EXPECT_EQ(jpeg_colours({}, "YBR_FULL_422"), "YBR_FULL");
  EXPECT_EQ(jpeg_colours({}, "YBR_PARTIAL_422"), "YBR_PARTIAL_422");
}

TEST(JpegHeader, KnowsItsColoursBetterThanTheAttribute) {
  EXPECT_EQ(jpeg_colours({.jfif = true}, "RGB"), "YBR_FULL");
  EXPECT_EQ(jpeg_colours({.adobe = 0}, "YBR_FULL_422"), "RGB");
  EXPECT_EQ(jpeg_colours({.adobe = 1}, "RGB"), "YBR_FULL");
  EXPECT_EQ(jpeg_colours({.sampling = 0x21}, "RGB"), "YBR_FULL");
}

TEST(JpegHeader, OfALosslessProcessDoesNotLetJfifDecide) {
  EXPECT_EQ(jpeg_colours({.process = '\xc3', .jfif = true}, "RGB"), "RGB");
}

TEST(JpegHeader, OfAnArithmeticProcessIsNotSupported) {
  EXPECT_EQ(jpeg_colours({.process = '\xc9'}, "RGB"), "error: a JPEG process of no decoder");
}

TEST(JpegHeader, ThatEndsEarlyIsCorrupt) {
  const std::string bytes = JpegHeader{.jfif = true, .adobe = 1}.bytes();

  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(parse_jpeg_header(bytes.substr(0, length), 1000, colour("RGB")).ok()) << length;
  }
}

// The decoders share no state: the same pictures come out of many threads.
TEST(Decoders, WorkInManyThreadsAtOnce) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";
  std::vector<std::string> files;
  for (const char* path : {"small_mr/MR_small_jp2klossless.dcm", "htj2k/htj2k_lossless_parity.dcm",
                           "small_mr/MR_small_jpeg_ls_lossless.dcm", "wg04_mr1/MR1_JPLY",
                           "misc/MR-JPEGLosslessSV1.dcm", "small_mr/MR_small_RLE.dcm"}) {
    files.push_back(read_whole_file(*shared_data() / "transfer_syntaxes" / path));
  }
  auto picture_of = [](const std::string& bytes) {
    const OpenDicom file(bytes);
    const auto picture = render(*file, {});
    return picture ? picture->pixels : Buffer<std::uint8_t>();
  };
  std::vector<Buffer<std::uint8_t>> expected;
  for (const auto& file : files) expected.push_back(picture_of(file));

  constexpr int kThreads = 6;
  std::vector<int> wrong(kThreads, 0);
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::size_t i = 0; i < files.size(); ++i) {
          const std::size_t n = (i + static_cast<std::size_t>(thread)) % files.size();
          if (picture_of(files[n]) != expected[n]) ++wrong[static_cast<std::size_t>(thread)];
        }
      });
    }
  }

  for (const auto& pixels : expected) EXPECT_FALSE(pixels.empty());
  EXPECT_EQ(wrong, std::vector<int>(kThreads, 0));
}

}  // namespace
}  // namespace dcmfs
