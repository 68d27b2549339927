#include "store/image/grey.h"

#include <gmock/gmock.h>

#include "tests/store/image/open_dicom.h"
#include "tests/store/image/words.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;

double linear(double c, double w, double x) {
  return voi_value(Window{c, w, VoiFunction::linear}, x);
}

// PS3.3 C.11.2.1.2.1 gives this as an example: center 2048, width 4096.
TEST(Window, LinearBeginsAndEndsWhereTheStandardSays) {
  EXPECT_EQ(linear(2048, 4096, 0), 0);
  EXPECT_EQ(linear(2048, 4096, 4095), 255);
  EXPECT_NEAR(linear(2048, 4096, 1), 255.0 / 4095, 1e-9);
}

TEST(Window, LinearOfWidthOneIsAThresholdBelowTheCenter) {
  EXPECT_EQ(linear(100, 1, 99), 0);
  EXPECT_EQ(linear(100, 1, 99.5), 0);
  EXPECT_EQ(linear(100, 1, 100), 255);
}

TEST(Window, LinearExactHasItsMiddleAtTheCenter) {
  const Window window{127.5, 255, VoiFunction::linear_exact};

  EXPECT_EQ(voi_value(window, 0), 0);
  EXPECT_EQ(voi_value(window, 127.5), 127.5);
  EXPECT_EQ(voi_value(window, 255), 255);
  EXPECT_EQ(voi_value(window, 300), 255);
}

TEST(Window, SigmoidIsHalfWhiteAtTheCenter) {
  const Window window{50, 100, VoiFunction::sigmoid};

  EXPECT_EQ(voi_value(window, 50), 127.5);
  EXPECT_NEAR(voi_value(window, 75), 255 / (1 + std::exp(-1.0)), 1e-9);
  EXPECT_LT(voi_value(window, -1000), 1e-9);
}

// A row of signed 16-bit pixels.
DicomBuilder row_of(const std::vector<int>& values) {
  DicomBuilder dicom = make_dicom().pixels(1, static_cast<int>(values.size()), 16);
  return dicom.set(tags::PixelRepresentation, "1")
      .set_bytes(tags::PixelData, Vr::OW, words(values));
}

std::vector<int> rendered(const DicomBuilder& dicom, const RenderOptions& options = {}) {
  const OpenDicom file(dicom.bytes());
  const auto picture = render(*file, options);
  if (!picture) {
    ADD_FAILURE() << picture.error().message;
    return {};
  }
  return {picture->pixels.begin(), picture->pixels.end()};
}

TEST(Grey, WithoutAWindowTheRangeOfTheValuesIsShown) {
  EXPECT_THAT(rendered(row_of({-100, 0, 100})), ElementsAre(0, 128, 255));
}

TEST(Grey, TheWindowOfTheFileIsAppliedAfterTheRescale) {
  auto dicom = row_of({0, 1024, 2048})
                   .set(tags::RescaleIntercept, "-1024")
                   .set(tags::RescaleSlope, "1")
                   .set(tags::WindowCenter, "0.5")
                   .set(tags::WindowWidth, "2049");

  EXPECT_THAT(rendered(dicom), ElementsAre(0, 128, 255));
}

TEST(Grey, TheWindowOfTheOptionsGoesFirst) {
  auto dicom = row_of({0, 10, 20}).set(tags::WindowCenter, "1000").set(tags::WindowWidth, "10");

  EXPECT_THAT(rendered(dicom, {.window = Window{10, 20, VoiFunction::linear_exact}}),
              ElementsAre(0, 128, 255));
}

TEST(Grey, TheFirstOfSeveralWindowsIsTaken) {
  auto dicom =
      row_of({0, 10, 20}).set(tags::WindowCenter, "5.5\\500").set(tags::WindowWidth, "11\\5");

  EXPECT_THAT(rendered(dicom), ElementsAre(0, 255, 255));
}

TEST(Grey, AWindowOfNoWidthIsIgnored) {
  auto dicom = row_of({0, 10}).set(tags::WindowCenter, "5").set(tags::WindowWidth, "0");

  EXPECT_THAT(rendered(dicom), ElementsAre(0, 255));
}

TEST(Grey, Monochrome1IsWhiteAtItsLowestValue) {
  auto dicom = row_of({0, 50, 100}).set(tags::PhotometricInterpretation, "MONOCHROME1");

  EXPECT_THAT(rendered(dicom), ElementsAre(255, 127, 0));
}

TEST(Grey, AShapeSaysMoreThanMonochrome1) {
  auto dicom = row_of({0, 100}).set(tags::PhotometricInterpretation, "MONOCHROME1");

  EXPECT_THAT(rendered(dicom.set(tags::PresentationLUTShape, "INVERSE")), ElementsAre(255, 0));
  EXPECT_THAT(rendered(dicom.set(tags::PresentationLUTShape, "IDENTITY")), ElementsAre(0, 255));
}

TEST(Grey, PaddingIsBlackAndNotPartOfTheRange) {
  auto dicom = row_of({-2000, 0, 100}).set_bytes(tags::PixelPaddingValue, Vr::SS, words({-2000}));

  EXPECT_THAT(rendered(dicom), ElementsAre(0, 0, 255));
}

TEST(Grey, PaddingIsBlackInMonochrome1Too) {
  auto dicom = row_of({-2000, 0, 100})
                   .set_bytes(tags::PixelPaddingValue, Vr::SS, words({-2000}))
                   .set(tags::PhotometricInterpretation, "MONOCHROME1");

  EXPECT_THAT(rendered(dicom), ElementsAre(0, 255, 0));
}

TEST(Grey, PaddingMayBeARange) {
  auto dicom = row_of({-2000, -1500, 0, 100})
                   .set_bytes(tags::PixelPaddingValue, Vr::SS, words({-2000}))
                   .set_bytes(tags::PixelPaddingRangeLimit, Vr::SS, words({-1500}));

  EXPECT_THAT(rendered(dicom), ElementsAre(0, 0, 0, 255));
}

TEST(Grey, AFrameOfPaddingAloneIsBlack) {
  EXPECT_THAT(
      rendered(row_of({-2000, -2000}).set_bytes(tags::PixelPaddingValue, Vr::SS, words({-2000}))),
      ElementsAre(0, 0));
}

TEST(Grey, AMaskThatIsAllOneIsWhite) {
  auto dicom = make_dicom()
                   .pixels(1, 8, 8)
                   .set(tags::BitsAllocated, "1")
                   .set(tags::BitsStored, "1")
                   .set(tags::HighBit, "0")
                   .set_bytes(tags::PixelData, Vr::OB, std::string("\xff\0", 2));

  EXPECT_THAT(rendered(dicom), ElementsAre(255, 255, 255, 255, 255, 255, 255, 255));
}

TEST(Grey, AModalityLutStandsInForTheRescale) {
  auto dicom = row_of({-1, 0, 1, 2, 3}).set(tags::RescaleSlope, "1000");
  Dataset& item = dicom.dataset().add_item(tags::ModalityLUTSequence);
  item.set_bytes(tags::LUTDescriptor, Vr::US, words({3, 0, 16}));
  item.set_bytes(tags::LUTData, Vr::US, words({0, 300, 100}));

  // Values outside the table have its first and last entry.
  EXPECT_THAT(rendered(dicom), ElementsAre(0, 0, 255, 85, 85));
}

TEST(Grey, AVoiLutIsAppliedWhereThereIsNoWindow) {
  auto dicom = row_of({-10, -5, 0, 5});
  Dataset& item = dicom.dataset().add_item(tags::VOILUTSequence);
  item.set_bytes(tags::LUTDescriptor, Vr::SS, words({11, -10, 8}));
  item.set_bytes(tags::LUTData, Vr::US, words({255, 9, 9, 9, 9, 51, 9, 9, 9, 9, 0}));

  EXPECT_THAT(rendered(dicom), ElementsAre(255, 51, 0, 0));
}

TEST(Grey, AVoiLutShorterThanItsDescriptorIsIgnored) {
  auto dicom = row_of({0, 100});
  Dataset& item = dicom.dataset().add_item(tags::VOILUTSequence);
  item.set_bytes(tags::LUTDescriptor, Vr::US, words({256, 0, 8}));
  item.set_bytes(tags::LUTData, Vr::US, words({255, 255}));

  EXPECT_THAT(rendered(dicom), ElementsAre(0, 255));
}

TEST(Grey, AFrameHasItsOwnWindowBeforeTheSharedOne) {
  auto dicom = make_dicom().pixels(1, 2, 8, 2);
  dicom.set_bytes(tags::PixelData, Vr::OB, std::string("\0\x64\0\x64", 4));
  auto add_window = [](Dataset& group, double center, double width) {
    Dataset& item = group.add_item(tags::FrameVOILUTSequence);
    item.set_number(tags::WindowCenter, center);
    item.set_number(tags::WindowWidth, width);
  };
  add_window(dicom.dataset().add_item(tags::SharedFunctionalGroupsSequence), 100.5, 201);
  dicom.dataset().add_item(tags::PerFrameFunctionalGroupsSequence);
  add_window(dicom.dataset().add_item(tags::PerFrameFunctionalGroupsSequence), 50, 101);

  EXPECT_THAT(rendered(dicom, {.frame = 0}), ElementsAre(0, 128));
  EXPECT_THAT(rendered(dicom, {.frame = 1}), ElementsAre(1, 255));
}

// Two functions of two items: the numbers are those of C.11.2.1.2.1 and C.11.2.1.3.1 for each
// frame.
TEST(Grey, AFrameHasItsOwnFunctionAndRescale) {
  auto dicom = make_dicom().pixels(1, 2, 8, 2);
  dicom.set_bytes(tags::PixelData, Vr::OB, std::string("\x14\x1e\x14\x1e", 4));  // 20, 30
  auto add_frame = [&dicom](double slope, double intercept, std::string_view function) {
    Dataset& group = dicom.dataset().add_item(tags::PerFrameFunctionalGroupsSequence);
    Dataset& transformation = group.add_item(tags::PixelValueTransformationSequence);
    transformation.set_number(tags::RescaleSlope, slope);
    transformation.set_number(tags::RescaleIntercept, intercept);
    Dataset& voi = group.add_item(tags::FrameVOILUTSequence);
    voi.set_number(tags::WindowCenter, 50);
    voi.set_number(tags::WindowWidth, 100);
    voi.set_text(tags::VOILUTFunction, function);
  };
  add_frame(1, 0, "LINEAR_EXACT");  // ((20 - 50)/100 + 0.5) * 255 = 51, and 76.5
  add_frame(2, 10, "SIGMOID");      // of 50 and 70: 127.5, and 255/(1 + exp(-0.8)) = 175.9

  EXPECT_THAT(rendered(dicom, {.frame = 0}), ElementsAre(51, 77));
  EXPECT_THAT(rendered(dicom, {.frame = 1}), ElementsAre(128, 176));
}

TEST(Grey, AFrameMayHaveALutInsteadOfAWindow) {
  auto dicom = make_dicom().pixels(1, 4, 8, 1);  // 0 1 2 3
  Dataset& group = dicom.dataset().add_item(tags::SharedFunctionalGroupsSequence);
  Dataset& item = group.add_item(tags::FrameVOILUTSequence).add_item(tags::VOILUTSequence);
  item.set_bytes(tags::LUTDescriptor, Vr::US, words({3, 1, 8}));
  item.set_bytes(tags::LUTData, Vr::US, words({255, 51, 0}));

  EXPECT_THAT(rendered(dicom), ElementsAre(255, 255, 51, 0));
}

TEST(Grey, AWindowGoesBeforeALut) {
  auto dicom = row_of({0, 10}).set(tags::WindowCenter, "5.5").set(tags::WindowWidth, "11");
  Dataset& item = dicom.dataset().add_item(tags::VOILUTSequence);
  item.set_bytes(tags::LUTDescriptor, Vr::US, words({2, 0, 8}));
  item.set_bytes(tags::LUTData, Vr::US, words({255, 0}));

  EXPECT_THAT(rendered(dicom), ElementsAre(0, 255));
}

// PS3.3 C.11.1.1.1: 0 stands for 65536 entries.
TEST(Grey, ALutOfNoEntriesHasAllOfThem) {
  std::vector<int> entries(65536, 0);
  entries[0x8001] = 0xffff;
  auto dicom = row_of({0, 1, -32767}).set(tags::PixelRepresentation, "0");
  Dataset& item = dicom.dataset().add_item(tags::ModalityLUTSequence);
  item.set_bytes(tags::LUTDescriptor, Vr::US, words({0, 0, 16}));
  item.set_bytes(tags::LUTData, Vr::OW, words(entries));

  EXPECT_THAT(rendered(dicom), ElementsAre(0, 0, 255));
}

// PS3.3 C.11.2.1.1: after a rescale to negative values its first value is signed.
TEST(Grey, AVoiLutAfterARescaleBeginsBelowZero) {
  auto dicom = row_of({0, 1, 2}).set(tags::PixelRepresentation, "0");
  dicom.set(tags::RescaleIntercept, "-2").set(tags::RescaleSlope, "1");
  Dataset& item = dicom.dataset().add_item(tags::VOILUTSequence);
  item.set_bytes(tags::LUTDescriptor, Vr::SS, words({3, -2, 8}));
  item.set_bytes(tags::LUTData, Vr::US, words({10, 20, 30}));

  EXPECT_THAT(rendered(dicom), ElementsAre(10, 20, 30));
}

// PS3.3 C.11.4.1 and C.11.6: the window's black to white finds its entry. Of 5 entries of 10 bits
// the middle of the window (127.5) finds the third: 256/1023 * 255 = 63.8.
TEST(Grey, APresentationLutComesLastAndSaysWhatIsBlack) {
  auto dicom = row_of({0, 10, 20})
                   .set(tags::WindowCenter, "10")
                   .set(tags::WindowWidth, "20")
                   .set(tags::VOILUTFunction, "LINEAR_EXACT")
                   .set(tags::PhotometricInterpretation, "MONOCHROME1");
  Dataset& item = dicom.dataset().add_item(tags::PresentationLUTSequence);
  item.set_bytes(tags::LUTDescriptor, Vr::US, words({5, 0, 10}));
  item.set_bytes(tags::LUTData, Vr::US, words({1023, 768, 256, 128, 0}));

  EXPECT_THAT(rendered(dicom), ElementsAre(255, 64, 0));
}

TEST(Grey, PaddingOfFloatingPointIsBlackAndNotPartOfTheRange) {
  const float floats[] = {-1000.5F, -1000.25F, 1, 3};
  const double doubles[] = {-1000.5, -1000.25, 1, 3};
  const auto raw = [](const auto& values) {
    return std::string(reinterpret_cast<const char*>(values), sizeof values);
  };
  auto one = make_dicom().pixels(1, 4, 8).erase(tags::PixelData);
  one.set_bytes(tags::FloatPixelData, Vr::OF, raw(floats));
  one.dataset().set_number(tags::FloatPixelPaddingValue, -1000.5);
  auto other = make_dicom().pixels(1, 4, 8).erase(tags::PixelData);
  other.set_bytes(tags::DoubleFloatPixelData, Vr::OD, raw(doubles));
  other.dataset().set_number(tags::DoubleFloatPixelPaddingValue, -1000.5);

  // From -1000.25 to 3: 1001.25 of 1003.25 is 254.5.
  EXPECT_THAT(rendered(one), ElementsAre(0, 0, 254, 255));
  EXPECT_THAT(rendered(other), ElementsAre(0, 0, 254, 255));
  one.dataset().set_number(tags::FloatPixelPaddingRangeLimit, -1000.25);
  other.dataset().set_number(tags::DoubleFloatPixelPaddingRangeLimit, -1000.25);
  EXPECT_THAT(rendered(one), ElementsAre(0, 0, 0, 255));  // 1 to 3
  EXPECT_THAT(rendered(other), ElementsAre(0, 0, 0, 255));
}

TEST(Grey, FloatingPointIsShownFromItsLowestToItsHighestNumber) {
  auto dicom = make_dicom().pixels(1, 4, 8).erase(tags::PixelData);
  const float values[] = {-0.5F, std::numeric_limits<float>::quiet_NaN(), 0.5F,
                          std::numeric_limits<float>::infinity()};
  dicom.set_bytes(tags::FloatPixelData, Vr::OF,
                  std::string(reinterpret_cast<const char*>(values), sizeof values));

  EXPECT_THAT(rendered(dicom), ElementsAre(0, 0, 255, 255));
}

TEST(Grey, ManyValuesLookTheSameAsFew) {
  // The first picture has more values than pixels and is painted value by
  // value, the second is painted by a table.
  std::vector<int> few{-3000, -17, 0, 1, 2500};
  std::vector<int> many = few;
  many.resize(6000, 0);
  const std::vector<int> one = rendered(row_of(few));
  const std::vector<int> other = rendered(row_of(many));

  EXPECT_EQ(one, std::vector<int>(other.begin(), other.begin() + 5));
}

TEST(Grey, ThereIsNoFrameBeyondTheLast) {
  const OpenDicom file(make_dicom().pixels(2, 2, 8, 2).bytes());

  EXPECT_EQ(render(*file, {.frame = 2}).error().code, Errc::invalid_argument);
  EXPECT_EQ(render(*file, {.frame = -1}).error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace dcmfs
