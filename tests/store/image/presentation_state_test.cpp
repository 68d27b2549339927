#include "store/image/presentation_state.h"

#include <limits>

#include <gmock/gmock.h>

#include "store/image/picture_tags.h"
#include "store/image/text_overlay.h"
#include "tests/store/image/open_dicom.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

using testing::Each;
using testing::ElementsAre;

constexpr const char* kImage = "1.2.3.4";

// Of 8 bits, counted from 0.
DicomBuilder image_of(int rows, int columns, int frames = 1) {
  return make_dicom().instance(kImage).pixels(rows, columns, 8, frames);
}

struct State : DicomBuilder {
  explicit State(const char* about = kImage) {
    sop_class("1.2.840.10008.5.1.4.1.1.11.1").modality("PR");
    auto& series = dataset().add_item(tags::ReferencedSeriesSequence);
    series.set_text(tags::SeriesInstanceUID, "1.2.3");
    reference = &series.add_item(tags::ReferencedImageSequence);
    reference->set_text(tags::ReferencedSOPInstanceUID, about);
  }
  Dataset* reference;

  State& area(double left, double top, double right, double bottom) {
    auto& item = dataset().add_item(picture_tags::DisplayedAreaSelectionSequence);
    item.set_numbers(picture_tags::DisplayedAreaTopLeftHandCorner, {left, top});
    item.set_numbers(picture_tags::DisplayedAreaBottomRightHandCorner, {right, bottom});
    return *this;
  }
  State& shape(const char* type, const std::vector<double>& points, const char* units = "PIXEL",
               const char* filled = "Y") {
    auto& annotation = dataset().add_item(picture_tags::GraphicAnnotationSequence);
    annotation.set_text(picture_tags::GraphicLayer, "A");
    auto& item = annotation.add_item(picture_tags::GraphicObjectSequence);
    item.set_text(picture_tags::GraphicAnnotationUnits, units);
    item.set_text(picture_tags::GraphicType, type);
    item.set_text(picture_tags::GraphicFilled, filled);
    item.set_numbers(picture_tags::GraphicData, points);
    return *this;
  }
};

Result<Picture> shown(const DicomBuilder& image, const DicomBuilder& state, FittedSize fit = {},
                      int frame = 0) {
  const OpenDicom opened(image.bytes()), wanted(state.bytes());
  DCMFS_TRY(const auto pixels, describe_pixels(*opened));
  DCMFS_TRY(const auto read, read_presentation_state(*wanted, *opened, pixels, frame));
  return present(*opened, pixels, frame, read, fit);
}
Errc error_of(const Result<Picture>& result) {
  return result ? Errc::cancelled : result.error().code;
}

TEST(PresentationState, TellsTheImagesItIsFor) {
  State state;
  state.reference->set_text(tags::ReferencedFrameNumber, "2\\5");

  const auto images = referenced_images(state.dataset());

  ASSERT_EQ(images.size(), 1u);
  EXPECT_EQ(images[0].series, "1.2.3");
  EXPECT_EQ(images[0].instance, kImage);
  EXPECT_THAT(images[0].frames, ElementsAre(1, 4));
}

TEST(PresentationState, IsRefusedWhereItIsNotAboutThisImageOrFrame) {
  State second;
  second.reference->set_text(tags::ReferencedFrameNumber, "2");

  EXPECT_EQ(error_of(shown(image_of(2, 2), State("1.2.3.5"))), Errc::invalid_argument);
  EXPECT_EQ(error_of(shown(image_of(2, 2, 3), second, {}, 0)), Errc::invalid_argument);
  EXPECT_OK(shown(image_of(2, 2, 3), second, {}, 1));
  EXPECT_EQ(error_of(shown(image_of(2, 2), State().sop_class("1.2.840.10008.5.1.4.1.1.11.4"))),
            Errc::not_supported);
}

// PS3.4 N.2: neither the window of the image nor its rescaling.
TEST(PresentationState, IsAllThatDecidesTheGreyValues) {
  const auto image = image_of(1, 3)
                         .set(tags::WindowCenter, "1")
                         .set(tags::WindowWidth, "1")
                         .set(tags::RescaleSlope, "9");

  const auto as_stored = shown(image, State());
  const auto inverse = shown(image, State().set(tags::PresentationLUTShape, "INVERSE"));

  ASSERT_OK(as_stored);
  EXPECT_THAT(as_stored->pixels, ElementsAre(0, 1, 2));
  ASSERT_OK(inverse);
  EXPECT_THAT(inverse->pixels, ElementsAre(255, 254, 253));
}

TEST(PresentationState, DrawsInUnitsOfTheImageAndOfTheArea) {
  State state;
  state.area(2, 1, 3, 2);  // columns 2 and 3
  state.shape("POLYLINE", {2, 0, 3, 0, 3, 1, 2, 1, 2, 0});
  const auto of_image = shown(image_of(2, 4), state, {.width = 200});
  ASSERT_OK(of_image);
  EXPECT_EQ(of_image->width, 200);
  EXPECT_EQ(of_image->pixels[50 * 200 + 150], 255);
  EXPECT_LT(of_image->pixels[50 * 200 + 50], 10);
  EXPECT_LT(of_image->pixels[150 * 200 + 150], 10);

  State of_area;
  of_area.area(2, 1, 3, 2).shape("CIRCLE", {0.25, 0.75, 0.25, 0.85}, "DISPLAY");
  const auto drawn = shown(image_of(2, 4), of_area, {.width = 200});
  ASSERT_OK(drawn);
  EXPECT_EQ(drawn->pixels[150 * 200 + 50], 255);
  EXPECT_LT(drawn->pixels[50 * 200 + 50], 10);
}

TEST(PresentationState, TurnsWhatIsDrawnWithTheImage) {
  State state;
  state.shape("POLYLINE", {0, 0, 100, 0, 100, 50, 0, 50, 0, 0})
      .set(picture_tags::ImageRotation, "90");  // the upper half

  const auto turned = shown(image_of(100, 100).set(tags::PixelRepresentation, "0"), state);

  ASSERT_OK(turned);
  EXPECT_EQ(turned->pixels[10 * 100 + 90], 255);  // is on the right
  EXPECT_EQ(turned->pixels[90 * 100 + 90], 255);
  EXPECT_NE(turned->pixels[90 * 100 + 10], 255);
}

TEST(PresentationState, DrawsLayersInTheirOrderAndInTheirColour) {
  State state;
  for (const auto& [name, order, value] :
       {std::tuple("A", "2", "65535"), std::tuple("B", "1", "0")}) {
    auto& layer = state.dataset().add_item(picture_tags::GraphicLayerSequence);
    layer.set_text(picture_tags::GraphicLayer, name);
    layer.set_text(picture_tags::GraphicLayerOrder, order);
    layer.set_numbers(picture_tags::GraphicLayerRecommendedDisplayGrayscaleValue,
                      {std::stod(value)});
  }
  state.shape("POLYLINE", {0, 0, 9, 0, 9, 9, 0, 9});
  state.shape("POLYLINE", {0, 0, 9, 0, 9, 9, 0, 9});
  state.dataset()
      .find(picture_tags::GraphicAnnotationSequence)
      ->items[1]
      .set_text(picture_tags::GraphicLayer, "B");

  const auto grey = shown(image_of(9, 9), state);
  state.dataset()
      .find(picture_tags::GraphicLayerSequence)
      ->items[0]
      .set_numbers(picture_tags::GraphicLayerRecommendedDisplayCIELabValue, {35000, 53000, 50000});
  const auto colour = shown(image_of(9, 9), state);

  ASSERT_OK(grey);
  EXPECT_EQ(grey->pixels[4 * 9 + 4], 255);
  ASSERT_OK(colour);
  ASSERT_EQ(colour->channels, 3);
  const auto* pixel = colour->pixels.data() + 3 * (4 * 9 + 4);
  EXPECT_GT(pixel[0], 180);
  EXPECT_LT(pixel[1], 80);
}

TEST(PresentationState, ShowsOverlaysThatItActivates) {
  DicomBuilder image = image_of(2, 8);
  image.set(picture_tags::OverlayRows, "1").set(picture_tags::OverlayColumns, "8");
  image.dataset().set_bytes(picture_tags::OverlayOrigin, Vr::SS,
                            std::string("\x02\0\xff\xff", 4));  // row 2, column -1
  image.dataset().set_bytes(picture_tags::OverlayData, Vr::OW, std::string("\xf0\0", 2));
  State active;
  active.dataset().set_text(picture_tags::OverlayActivationLayer, Vr::CS, "A");

  const auto without = shown(image, State()), with = shown(image, active);

  ASSERT_OK(without);
  EXPECT_THAT(without->pixels, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
  ASSERT_OK(with);
  EXPECT_THAT(with->pixels, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 255, 255, 255, 14, 15));
}

TEST(PresentationState, OfAColourImageLeavesItsColours) {
  DicomBuilder image = image_of(1, 2);
  image.set(tags::SamplesPerPixel, "3")
      .set(tags::PhotometricInterpretation, "RGB")
      .set(tags::PlanarConfiguration, "0");
  image.set_bytes(tags::PixelData, Vr::OW, std::string("\1\2\3\4\5\6", 6));

  const auto flipped = shown(image, State()
                                        .sop_class("1.2.840.10008.5.1.4.1.1.11.2")
                                        .set(picture_tags::ImageHorizontalFlip, "Y"));

  ASSERT_OK(flipped);
  EXPECT_THAT(flipped->pixels, ElementsAre(4, 5, 6, 1, 2, 3));
}

TEST(PresentationState, PixelsThatAreNoSquaresBecomeSome) {
  State state;
  state.area(1, 1, 4, 4);
  state.dataset()
      .find(picture_tags::DisplayedAreaSelectionSequence)
      ->items[0]
      .set_numbers(picture_tags::PresentationPixelAspectRatio, {2, 1});

  const auto high = shown(image_of(4, 4), state);

  ASSERT_OK(high);
  EXPECT_EQ(high->width, 4);
  EXPECT_EQ(high->height, 8);
}

TEST(PresentationState, ThatIsHostileHarmsNothing) {
  const double largest = std::numeric_limits<std::int32_t>::max(),
               lowest = std::numeric_limits<std::int32_t>::min();
  State vast;
  vast.area(lowest, lowest, largest, largest);
  EXPECT_EQ(error_of(shown(image_of(4, 4), vast)), Errc::not_supported);

  State elsewhere;
  elsewhere.area(largest - 3, 1, largest, 4);
  const auto black = shown(image_of(4, 4), elsewhere);
  ASSERT_OK(black);
  EXPECT_THAT(black->pixels, Each(0));

  State magnified;
  magnified.area(1, 1, 4, 4);
  auto& area = magnified.dataset().find(picture_tags::DisplayedAreaSelectionSequence)->items[0];
  area.set_text(picture_tags::PresentationSizeMode, "MAGNIFY");
  area.set_numbers(picture_tags::PresentationPixelMagnificationRatio, {1e30});
  EXPECT_EQ(error_of(shown(image_of(4, 4), magnified)), Errc::not_supported);

  std::vector<double> long_way;
  for (int i = 0; i < 60'000; ++i) long_way.push_back(i % 4 < 2 ? -1e38 : 1e38);
  State drawn;
  for (const char* type : {"POLYLINE", "INTERPOLATED", "CIRCLE", "ELLIPSE", "POINT", "SPIRAL"})
    drawn.shape(type, {1e38, -1e38, std::numeric_limits<double>::infinity(), 0, 1, 2, 3, 4});
  EXPECT_OK(shown(image_of(4, 4), drawn));
  drawn.shape("POLYLINE", long_way);
  EXPECT_EQ(error_of(shown(image_of(4, 4), drawn, {.width = 8000})), Errc::not_supported);

  State shut;
  shut.set(picture_tags::ShutterShape, "CIRCULAR\\POLYGONAL\\BITMAP")
      .set(picture_tags::CenterOfCircularShutter, "2147483647\\-2147483648")
      .set(picture_tags::RadiusOfCircularShutter, "-1")
      .set(picture_tags::VerticesOfThePolygonalShutter, "1\\1\\1\\1\\1\\1")
      .set(picture_tags::ShutterOverlayGroup, "16");
  const auto closed = shown(image_of(4, 4), shut);
  ASSERT_OK(closed);
  EXPECT_THAT(closed->pixels, Each(0));
}

TEST(PresentationState, TextIsDrawnNearItsAnchorAlsoAtAnEdge) {
  if (!text_can_be_drawn()) GTEST_SKIP() << "no font is installed";
  State state;
  auto& annotation = state.dataset().add_item(picture_tags::GraphicAnnotationSequence);
  for (const double x : {100.0, 1e38, -1e38}) {
    auto& item = annotation.add_item(picture_tags::TextObjectSequence);
    item.set_text(picture_tags::UnformattedTextValue, "one\r\ntwo");
    item.set_numbers(picture_tags::AnchorPoint, {x, 2});
  }

  const auto drawn = shown(image_of(100, 100), state);

  ASSERT_OK(drawn);
  int white = 0;
  for (int y = 0; y < 40; ++y)
    for (int x = 50; x < 100; ++x)
      white += drawn->pixels[static_cast<std::size_t>(y * 100 + x)] > 180 ? 1 : 0;
  EXPECT_GT(white, 10);
}

}  // namespace
}  // namespace dcmfs
