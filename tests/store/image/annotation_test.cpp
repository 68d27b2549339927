#include "store/image/annotation.h"

#include <gmock/gmock.h>

#include "store/image/picture_tags.h"
#include "tests/store/image/open_dicom.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;

std::vector<std::string> texts(const OpenDicom& file, Annotations wanted, int frame = 0) {
  std::vector<std::string> out;
  for (const auto& line : annotation_lines(*file, frame, wanted)) out.push_back(line.text);
  return out;
}

TEST(Annotation, OfThePatientIsNameIdBirthAndSex) {
  const OpenDicom file(make_dicom()
                           .patient("42", "DOE^JANE^^Dr")
                           .set(tags::PatientBirthDate, "19700131")
                           .set(tags::PatientSex, "F")
                           .bytes());

  EXPECT_THAT(texts(file, {.patient = true}),
              ElementsAre("Dr JANE DOE", "ID 42", "born 1970-01-31  F"));
}

TEST(Annotation, OfTheTechniqueIsWhatThereIs) {
  const OpenDicom file(make_dicom()
                           .modality("CT")
                           .set(tags::StudyDescription, "Thorax")
                           .set(tags::StudyDate, "2024.11.02")
                           .set(tags::StudyTime, "072730.5")
                           .set(tags::SeriesDescription, "lung")
                           .set(tags::SeriesNumber, "3")
                           .set(tags::InstanceNumber, "12")
                           .set(tags::NumberOfFrames, "5")
                           .set(tags::KVP, "120")
                           .set(tags::SliceThickness, "3.26999999999998")
                           .set(tags::SliceLocation, "-12.50")
                           .bytes());

  EXPECT_THAT(texts(file, {.technique = true}, 1),
              ElementsAre("Thorax", "study 2024-11-02  07:27:30", "lung", "CT  series 3  image 12",
                          "120 kV", "slice 3.27 mm  at -12.5 mm", "frame 2 of 5"));
}

TEST(Annotation, OfAnEnhancedObjectIsThatOfItsFrame) {
  DicomBuilder dicom = make_dicom();
  for (const char* thickness : {"1", "2"})
    dicom.dataset()
        .add_item(tags::PerFrameFunctionalGroupsSequence)
        .add_item(Tag{0x0028, 0x9110})
        .set_text(tags::SliceThickness, thickness);
  const OpenDicom file(dicom.bytes());

  EXPECT_THAT(texts(file, {.technique = true}, 1), testing::Contains("slice 2 mm"));
}

TEST(Annotation, OfNothingIsNothing) {
  DicomBuilder dicom = make_dicom();
  for (const Tag tag : {tags::PatientName, tags::PatientID}) dicom.set(tag, "");

  EXPECT_THAT(texts(OpenDicom(dicom.bytes()), {.patient = true}), ElementsAre());
  EXPECT_THAT(texts(OpenDicom(dicom.bytes()), {}), ElementsAre());
}

TEST(ReadableName, HasTheFamilyLastAndOtherScriptsBehind) {
  EXPECT_EQ(readable_name("DOE^JANE"), "JANE DOE");
  EXPECT_EQ(readable_name("Yamada^Tarou=山田^太郎=やまだ^たろう"), "Tarou Yamada 山田 太郎");
  EXPECT_EQ(readable_name("DOE"), "DOE");
  EXPECT_EQ(readable_name("=山田^太郎"), "山田 太郎");
  EXPECT_EQ(readable_name("^^^^"), "");
}

TEST(Annotate, WritesIntoTheCornerAndNowhereElse) {
  if (!text_can_be_drawn()) GTEST_SKIP() << "no font is installed";
  Picture picture{200, 200, 3, {}};
  picture.pixels.assign(200 * 200 * 3, 100);

  ASSERT_OK(annotate(picture, {{Corner::bottom_right, "kV"}}));

  const auto is_drawn = [&](int x, int y) {
    return picture.pixels[static_cast<std::size_t>((y * 200 + x) * 3)] != 100;
  };
  bool corner = false, elsewhere = false;
  for (int y = 0; y < 200; ++y)
    for (int x = 0; x < 200; ++x) (x >= 160 && y >= 170 ? corner : elsewhere) |= is_drawn(x, y);
  EXPECT_TRUE(corner);
  EXPECT_FALSE(elsewhere);
}

TEST(Annotate, TakesSmallerLettersWhereTheyWouldNotFit) {
  if (!text_can_be_drawn()) GTEST_SKIP() << "no font is installed";
  Picture picture{512, 512, 1, {}};
  picture.pixels.assign(512 * 512, 100);

  ASSERT_OK(annotate(picture, {{Corner::top_left, "a description that is long, and longer"},
                               {Corner::top_right, "and another one, which is as long as it"}}));

  // Between them is a gap.
  for (int y = 0; y < 40; ++y)
    EXPECT_EQ(picture.pixels[static_cast<std::size_t>(y * 512 + 256)], 100) << y;
}

TEST(Annotate, OnASmallPictureTheLeftIsReadableAlone) {
  if (!text_can_be_drawn()) GTEST_SKIP() << "no font is installed";
  Picture alone{100, 100, 1, {}};
  alone.pixels.assign(100 * 100, 100);
  Picture both = alone;

  const AnnotationLine patient{Corner::top_left, "ANNA VERY LONG NAME"},
      technique{Corner::top_right, "study 2024-11-02"};
  ASSERT_OK(annotate(both, {patient, technique}));

  // Nothing stands at the right edge, where the technique would.
  for (int y = 0; y < 100; ++y)
    EXPECT_EQ(both.pixels[static_cast<std::size_t>(y * 100 + 97)], 100) << y;
  EXPECT_NE(both.pixels, alone.pixels);
}

TEST(Annotate, APictureOfOnePixelSurvives) {
  if (!text_can_be_drawn()) GTEST_SKIP() << "no font is installed";
  Picture picture{1, 1, 1, {7}};
  EXPECT_OK(annotate(picture,
                     {{Corner::top_left, "a"}, {Corner::bottom_right, std::string(10'000, 'b')}}));
}

}  // namespace
}  // namespace dcmfs
