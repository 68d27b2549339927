#include "store/image/numeric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/image/resize.h"
#include "tests/store/image/open_dicom.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;

Frame numeric(const DicomBuilder& builder, int number = 0) {
  const OpenDicom dicom(builder.bytes());
  auto pixels = describe_pixels(*dicom);
  if (!pixels) throw std::runtime_error(pixels.error().message);
  auto frame = numeric_frame(*dicom, *pixels, number);
  if (!frame) throw std::runtime_error(frame.error().message);
  return *std::move(frame);
}

DicomBuilder signed_values(std::initializer_list<std::int16_t> values) {
  auto builder = make_dicom().pixels(1, static_cast<int>(values.size()), 16);
  builder.dataset().set_number(tags::PixelRepresentation, 1);
  std::string bytes(reinterpret_cast<const char*>(values.begin()), values.size() * 2);
  return builder.set_bytes(tags::PixelData, Vr::OW, bytes);
}

TEST(Numeric, ClampsToWhatATypeHas) {
  const Frame frame = numeric(signed_values({-32768, -1, 0, 255, 256, 32767}));

  EXPECT_THAT(clamped<std::uint8_t>(frame), ElementsAre(0, 0, 0, 255, 255, 255));
  EXPECT_THAT(clamped<std::uint16_t>(frame), ElementsAre(0, 0, 0, 255, 256, 32767));
  EXPECT_THAT(clamped<std::int16_t>(frame), ElementsAre(-32768, -1, 0, 255, 256, 32767));
}

TEST(Numeric, StretchesFromBlackToWhiteAndRoundsHalvesUp) {
  EXPECT_THAT(stretched(numeric(signed_values({-100, 0, 100}))).pixels, ElementsAre(0, 128, 255));
  EXPECT_THAT(stretched(numeric(signed_values({7, 7}))).pixels, ElementsAre(0, 0));
  auto inverted = signed_values({-100, 0, 100});
  inverted.set(tags::PhotometricInterpretation, "MONOCHROME1");
  EXPECT_THAT(stretched(numeric(inverted)).pixels, ElementsAre(255, 127, 0));
}

TEST(Numeric, StretchesManyPixelsAsItStretchesFew) {
  const Frame many = numeric(make_dicom().pixels(200, 200, 16));
  const Picture picture = stretched(many);

  for (int n = 0; n < 40'000; ++n)
    ASSERT_EQ(picture.pixels[static_cast<std::size_t>(n)],
              std::floor(static_cast<float>(n) * (255.0f / 39'999.0f) + 0.5f))
        << n;
}

TEST(Numeric, RescalesByTheAttributesAlone) {
  auto builder = signed_values({-1, 0, 10});
  builder.set(tags::RescaleSlope, "2")
      .set(tags::RescaleIntercept, "-1024")
      .set(tags::DoseGridScaling, "5");
  const OpenDicom dicom(builder.bytes());
  const auto pixels = describe_pixels(*dicom);
  ASSERT_OK(pixels);
  auto frame = numeric_frame(*dicom, *pixels, 0);
  ASSERT_OK(frame);

  const Frame scaled = rescaled(*dicom, *std::move(frame), 0);

  EXPECT_EQ(scaled.pixels.type, PixelType::float32);
  EXPECT_THAT(values_as<float>(scaled), ElementsAre(-1026, -1024, -1004));
}

TEST(Numeric, OneBitIsBlackAndWhite) {
  auto builder = make_dicom().pixels(1, 8, 8);
  builder.dataset().set_number(tags::BitsAllocated, 1);
  builder.dataset().set_number(tags::BitsStored, 1);
  builder.dataset().set_number(tags::HighBit, 0);
  builder.set_bytes(tags::PixelData, Vr::OB, std::string("\x05\x00", 2));

  EXPECT_THAT(values_as<std::uint8_t>(numeric(builder)), ElementsAre(255, 0, 255, 0, 0, 0, 0, 0));
}

Picture grey(int width, int height, std::initializer_list<std::uint8_t> pixels) {
  Picture out{width, height, 1, {}};
  out.pixels.assign(pixels.begin(), pixels.end());
  return out;
}

TEST(Resize, TakesTheNearestOrTheMean) {
  const Picture picture = grey(4, 2,
                               {0, 10, 20, 30,  //
                                100, 110, 120, 130});

  EXPECT_THAT(resized(picture, 2, 1, Resampling::nearest)->pixels, ElementsAre(110, 130));
  EXPECT_THAT(resized(picture, 2, 1, Resampling::smooth)->pixels, ElementsAre(55, 75));
  EXPECT_THAT(resized(grey(2, 1, {0, 100}), 4, 1, Resampling::nearest)->pixels,
              ElementsAre(0, 0, 100, 100));
  EXPECT_THAT(resized(grey(2, 1, {0, 100}), 4, 1, Resampling::smooth)->pixels,
              ElementsAre(0, 25, 75, 100));
  EXPECT_THAT(resized(grey(1, 1, {9}), 2, 2, Resampling::smooth)->pixels, ElementsAre(9, 9, 9, 9));
}

TEST(Resize, RefusesASizeOfNothingOrTooMuch) {
  EXPECT_EQ(resized(grey(1, 1, {9}), 0, 1, Resampling::nearest).error().code,
            Errc::invalid_argument);
  EXPECT_EQ(resized(grey(1, 1, {9}), 16'385, 1, Resampling::nearest).error().code,
            Errc::invalid_argument);
  EXPECT_EQ(resized(grey(1, 1, {9}), 16'384, 16'384, Resampling::nearest).error().code,
            Errc::invalid_argument);
}

}  // namespace
}  // namespace dcmfs
