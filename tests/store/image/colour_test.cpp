#include "store/image/colour.h"

#include <gmock/gmock.h>

#include "tests/store/image/open_dicom.h"
#include "tests/store/image/words.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;

// One row of colour pixels of 8 bits.
DicomBuilder colour_row(int columns, std::string_view photometric, std::string bytes) {
  if (bytes.size() % 2 != 0) bytes += '\0';
  return make_dicom()
      .pixels(1, columns, 8)
      .set(tags::SamplesPerPixel, "3")
      .set(tags::PlanarConfiguration, "0")
      .set(tags::PhotometricInterpretation, photometric)
      .set_bytes(tags::PixelData, Vr::OB, std::move(bytes));
}

std::string bytes(const std::vector<int>& values) {
  return {values.begin(), values.end()};
}

std::vector<int> coloured(const DicomBuilder& dicom) {
  const OpenDicom file(dicom.bytes());
  const auto picture = render(*file, {});
  if (!picture) {
    ADD_FAILURE() << picture.error().message;
    return {};
  }
  EXPECT_EQ(picture->channels, 3);
  return {picture->pixels.begin(), picture->pixels.end()};
}

TEST(Colour, RgbIsAsItIs) {
  EXPECT_THAT(coloured(colour_row(2, "RGB", bytes({1, 2, 3, 253, 254, 255}))),
              ElementsAre(1, 2, 3, 253, 254, 255));
}

TEST(Colour, PlanesArePutTogether) {
  auto dicom = colour_row(2, "RGB", bytes({1, 4, 2, 5, 3, 6})).set(tags::PlanarConfiguration, "1");

  EXPECT_THAT(coloured(dicom), ElementsAre(1, 2, 3, 4, 5, 6));
}

// The colours of the rows are those of SMPTE bars; PS3.3 C.7.6.3.1.2.
TEST(Colour, FullYbrHasRedGreenBlueAndGrey) {
  const auto rgb = coloured(
      colour_row(4, "YBR_FULL", bytes({76, 85, 255, 150, 44, 21, 29, 255, 107, 128, 128, 128})));

  const std::vector<int> expected{254, 0, 0, 0, 255, 1, 0, 0, 254, 128, 128, 128};
  ASSERT_EQ(rgb.size(), expected.size());
  for (std::size_t i = 0; i < rgb.size(); ++i) EXPECT_NEAR(rgb[i], expected[i], 1) << i;
}

TEST(Colour, PartialYbrHasItsBlackAt16AndItsWhiteAt235) {
  auto dicom = colour_row(2, "YBR_PARTIAL_422", bytes({16, 235, 128, 128}));

  EXPECT_THAT(coloured(dicom), ElementsAre(0, 0, 0, 255, 255, 255));
}

TEST(Colour, TwoPixelsShareTheirChrominance) {
  EXPECT_THAT(coloured(colour_row(2, "YBR_FULL_422", bytes({10, 200, 128, 128}))),
              ElementsAre(10, 10, 10, 200, 200, 200));
}

TEST(Colour, SharedChrominanceThatIsNotSharedIsSeenByTheLength) {
  auto dicom = colour_row(2, "YBR_FULL_422", bytes({10, 128, 128, 200, 128, 128}));

  EXPECT_THAT(coloured(dicom), ElementsAre(10, 10, 10, 200, 200, 200));
}

TEST(Colour, SixteenBitsBecomeEight) {
  auto dicom = make_dicom()
                   .pixels(1, 1, 16)
                   .set(tags::SamplesPerPixel, "3")
                   .set(tags::PlanarConfiguration, "0")
                   .set(tags::PhotometricInterpretation, "RGB")
                   .set_bytes(tags::PixelData, Vr::OW, bytes({0, 0, 0, 128, 255, 255}));

  EXPECT_THAT(coloured(dicom), ElementsAre(0, 128, 255));
}

DicomBuilder deep_colour(std::string_view photometric, int bits_stored,
                         const std::vector<int>& samples) {
  std::string little_endian;
  for (const int sample : samples) {
    little_endian += static_cast<char>(sample);
    little_endian += static_cast<char>(sample >> 8);
  }
  return make_dicom()
      .pixels(1, static_cast<int>(samples.size()) / 3, 16)
      .set(tags::SamplesPerPixel, "3")
      .set(tags::PlanarConfiguration, "0")
      .set(tags::BitsStored, std::to_string(bits_stored))
      .set(tags::HighBit, std::to_string(bits_stored - 1))
      .set(tags::PhotometricInterpretation, photometric)
      .set_bytes(tags::PixelData, Vr::OW, little_endian);
}

// Chrominance 0 is half of full scale: 2048 of 4096. By hand, of the second pixel, in units of 8
// bits: Y = 2400/16 = 150, Cb - half = -1344/16 = -84, Cr - half = -1712/16 = -107, so
// R = 150 - 1.402*107 = -0.01, G = 150 + 0.3441*84 + 0.7141*107 = 255.3, B = 150 - 1.772*84 = 1.2.
TEST(Colour, FullYbrOfTwelveBits) {
  const auto dicom = deep_colour("YBR_FULL", 12, {4095, 2048, 2048, 2400, 704, 336});

  EXPECT_THAT(coloured(dicom), ElementsAre(255, 255, 255, 0, 255, 1));
}

// Black is 1/16 of full scale, white 235/256: 4096 and 60160 of 65536.
TEST(Colour, PartialYbrOfSixteenBits) {
  auto dicom = deep_colour("YBR_PARTIAL_422", 16, {4096, 32768, 32768, 60160, 32768, 32768});

  EXPECT_THAT(coloured(dicom), ElementsAre(0, 0, 0, 255, 255, 255));
}

TEST(Colour, TwoPixelsOfSixteenBitsShareTheirChrominance) {
  auto dicom =
      deep_colour("YBR_FULL_422", 16, {0x1000, 0xc800, 0x8000, 0x8000, 0, 0})
          .set_bytes(tags::PixelData, Vr::OW, std::string("\x00\x10\x00\xc8\x00\x80\x00\x80", 8));

  EXPECT_THAT(coloured(dicom), ElementsAre(16, 16, 16, 200, 200, 200));
}

TEST(Colour, RgbOfTenBitsReachesWhite) {
  EXPECT_THAT(coloured(deep_colour("RGB", 10, {0, 1023, 512})), ElementsAre(0, 255, 128));
}

DicomBuilder four_samples(std::string_view photometric, const std::vector<int>& samples) {
  return colour_row(static_cast<int>(samples.size()) / 4, photometric, bytes(samples))
      .set(tags::SamplesPerPixel, "4");
}

// White paper, cyan, black, and half of magenta on half of black.
TEST(Colour, CmykTakesInkFromWhite) {
  EXPECT_THAT(
      coloured(four_samples("CMYK", {0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 0, 51, 0, 102})),
      ElementsAre(255, 255, 255, 0, 255, 255, 0, 0, 0, 153, 102, 153));
}

// A sixth of the circle is 42.5: red, yellow (85/2 is not whole), green, cyan, blue; grey has no
// hue.
TEST(Colour, HsvGoesRoundTheCircle) {
  EXPECT_THAT(coloured(colour_row(5, "HSV",
                                  bytes({0, 255, 255,    //
                                         85, 255, 255,   //
                                         170, 255, 255,  //
                                         255, 255, 102,  // round to red again
                                         99, 0, 77}))),
              ElementsAre(255, 0, 0, 0, 255, 0, 0, 0, 255, 102, 0, 0, 77, 77, 77));
}

TEST(Colour, HsvHalfSaturatedIsHalfWhite) {
  EXPECT_THAT(coloured(colour_row(1, "HSV", bytes({0, 51, 255}))), ElementsAre(255, 204, 204));
}

TEST(Colour, ArgbWithoutAPaletteIsRgb) {
  EXPECT_THAT(coloured(four_samples("ARGB", {0, 1, 2, 3, 255, 253, 254, 255})),
              ElementsAre(1, 2, 3, 253, 254, 255));
}

// Three palettes that share a descriptor.
DicomBuilder palette_row(const std::vector<int>& indices, const std::vector<int>& descriptor,
                         const std::string& red, const std::string& green,
                         const std::string& blue) {
  std::string pixels = bytes(indices);
  if (pixels.size() % 2 != 0) pixels += '\0';
  return make_dicom()
      .pixels(1, static_cast<int>(indices.size()), 8)
      .set(tags::PhotometricInterpretation, "PALETTE COLOR")
      .set_bytes(tags::PixelData, Vr::OB, pixels)
      .set_bytes(tags::RedPaletteColorLookupTableDescriptor, Vr::US, words(descriptor))
      .set_bytes(tags::GreenPaletteColorLookupTableDescriptor, Vr::US, words(descriptor))
      .set_bytes(tags::BluePaletteColorLookupTableDescriptor, Vr::US, words(descriptor))
      .set_bytes(tags::RedPaletteColorLookupTableData, Vr::OW, red)
      .set_bytes(tags::GreenPaletteColorLookupTableData, Vr::OW, green)
      .set_bytes(tags::BluePaletteColorLookupTableData, Vr::OW, blue);
}

TEST(Palette, OfSixteenBitsGivesItsHighBytes) {
  auto dicom = palette_row({0, 1}, {2, 0, 16}, words({0x0100, 0xff00}), words({0x0200, 0xfe00}),
                           words({0x0300, 0xfd00}));

  EXPECT_THAT(coloured(dicom), ElementsAre(1, 2, 3, 255, 254, 253));
}

TEST(Palette, OfEightBitsMayBePacked) {
  auto dicom = palette_row({0, 1}, {2, 0, 8}, bytes({1, 4}), bytes({2, 5}), bytes({3, 6}));

  EXPECT_THAT(coloured(dicom), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(Palette, ThatSaysSixteenBitsAndHasEightIsTakenForEight) {
  auto dicom = palette_row({0, 1}, {2, 0, 16}, words({1, 255}), words({2, 255}), words({3, 255}));

  EXPECT_THAT(coloured(dicom), ElementsAre(1, 2, 3, 255, 255, 255));
}

// DICOM 1993, C.7.6.3.1.2: alpha 0 leaves the pixel as it is, others are indices.
TEST(Palette, OfArgbStandsWhereAlphaIsNotZero) {
  auto dicom = palette_row({0, 10, 20, 30, 1, 10, 20, 30}, {2, 0, 8}, bytes({1, 4}), bytes({2, 5}),
                           bytes({3, 6}))
                   .set(tags::SamplesPerPixel, "4")
                   .set(tags::PlanarConfiguration, "0")
                   .set(tags::Columns, "2")
                   .set(tags::PhotometricInterpretation, "ARGB");

  EXPECT_THAT(coloured(dicom), ElementsAre(10, 20, 30, 4, 5, 6));
}

TEST(Palette, HasItsFirstAndLastEntryForIndicesOutside) {
  auto dicom =
      palette_row({0, 9, 10, 11, 200}, {2, 10, 8}, bytes({1, 4}), bytes({2, 5}), bytes({3, 6}));

  EXPECT_THAT(coloured(dicom), ElementsAre(1, 2, 3, 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6));
}

TEST(Palette, MayBeginBelowZero) {
  auto dicom = palette_row({0xff, 0}, {2, 0xffff, 8}, bytes({1, 4}), bytes({2, 5}), bytes({3, 6}))
                   .set(tags::PixelRepresentation, "1");

  EXPECT_THAT(coloured(dicom), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(Palette, ThatIsIncompleteMakesThePixelsCorrupt) {
  auto dicom = palette_row({0, 1}, {0, 0, 16}, words({1, 2}), words({1, 2}), words({1, 2}));
  const OpenDicom file(dicom.bytes());

  EXPECT_EQ(describe_pixels(*file).error().code, Errc::corrupt);
}

DicomBuilder segmented_row(const std::vector<int>& indices, int entries,
                           const std::string& segments) {
  return palette_row(indices, {entries, 0, 16}, "", "", "")
      .erase(tags::RedPaletteColorLookupTableData)
      .erase(tags::GreenPaletteColorLookupTableData)
      .erase(tags::BluePaletteColorLookupTableData)
      .set_bytes(tags::SegmentedRedPaletteColorLookupTableData, Vr::OW, segments)
      .set_bytes(tags::SegmentedGreenPaletteColorLookupTableData, Vr::OW, segments)
      .set_bytes(tags::SegmentedBluePaletteColorLookupTableData, Vr::OW, segments);
}

// PS3.3 C.7.9.2: two entries, a line of four to 0x8000, and the first two segments again.
TEST(Palette, InSegmentsIsExpanded) {
  // The offset is in bytes: the second repetition begins behind the two entries.
  const std::string segments = words({0, 2, 0x0000, 0x4000, 1, 4, 0x8000, 2, 2, 0, 0, 2, 1, 8, 0});
  auto dicom = segmented_row({0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 15}, 16, segments);

  const auto rgb = coloured(dicom);

  std::vector<int> red;
  for (std::size_t i = 0; i < rgb.size(); i += 3) red.push_back(rgb[i]);
  EXPECT_THAT(red, ElementsAre(0, 0x40, 0x50, 0x60, 0x70, 0x80, 0, 0x40, 0x80, 0x80, 0x80));
}

TEST(Palette, InSegmentsThatRepeatThemselvesForEverIsCorrupt) {
  const OpenDicom file(segmented_row({0}, 256, words({0, 1, 5, 2, 1, 6, 0})).bytes());

  EXPECT_EQ(describe_pixels(*file).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace dcmfs
