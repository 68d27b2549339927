#include "store/dicom/create.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/dicom/modify.h"
#include "store/dicom/reader.h"
#include "store/dicom/writer.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr Tag kConversionType{0x0008, 0x0064};

NewInstance wanted(std::string_view json) {
  NewInstance instance;
  auto attributes = read_new_attributes(json);
  EXPECT_OK(attributes);
  if (attributes) instance.attributes = *std::move(attributes);
  instance.date = "20260131";
  instance.time = "120000";
  return instance;
}

Pixels checkers() {
  return {
      .columns = 2, .rows = 2, .channels = 1, .bits = 8, .samples = std::string("\0\xff\xff\0", 4)};
}

// Created, written, and read again.
struct Stored {
  std::string bytes;
  std::unique_ptr<ByteSource> source;
  DicomFile file;
  const Dataset* operator->() const { return &file.dataset; }
};
Result<Stored> try_create(NewInstance instance) {
  DCMFS_TRY(const Created created, create_instance(std::move(instance)));
  Stored stored;
  DCMFS_TRY(stored.bytes, encode_file(created.dataset, *created.syntax));
  stored.source = memory_source(stored.bytes);
  DCMFS_TRY(stored.file, read_dicom(*stored.source));
  EXPECT_FALSE(stored.file.truncated);
  return stored;
}
Stored created(NewInstance instance) {
  auto stored = try_create(std::move(instance));
  EXPECT_OK(stored);
  return stored ? *std::move(stored) : Stored();
}
std::string why_not(NewInstance instance) {
  const auto stored = try_create(std::move(instance));
  return stored ? "" : stored.error().message;
}

TEST(Create, APictureIsASecondaryCapture) {
  NewInstance instance = wanted(R"({"PatientName": "DOE^JOHN", "PatientID": "17"})");
  instance.content = checkers();

  const auto stored = created(std::move(instance));

  EXPECT_EQ(stored->text(tags::SOPClassUID), "1.2.840.10008.5.1.4.1.1.7");
  EXPECT_EQ(stored->text(tags::PatientName), "DOE^JOHN");
  EXPECT_EQ(stored->text(kConversionType), "WSD");
  EXPECT_EQ(stored->integer(tags::Rows), 2);
  EXPECT_EQ(stored->text(tags::PhotometricInterpretation), "MONOCHROME2");
  EXPECT_EQ(stored->find(tags::PixelData)->value, std::string("\0\xff\xff\0", 4));
  EXPECT_EQ(stored->text(tags::StudyDate), "20260131");
  EXPECT_EQ(stored->text(tags::PatientBirthDate), "");
  EXPECT_FALSE(stored->contains(tags::SpecificCharacterSet));
  for (const Tag tag : {tags::StudyInstanceUID, tags::SeriesInstanceUID, tags::SOPInstanceUID})
    EXPECT_TRUE(is_valid_uid(stored->text_or(tag, "")));
}

TEST(Create, TextBeyondAsciiIsUtf8) {
  const auto stored = created(wanted(R"({"PatientName": "Müller^頭"})"));

  EXPECT_EQ(stored->text(tags::SpecificCharacterSet), "ISO_IR 192");
  EXPECT_EQ(stored->text(tags::PatientName), "Müller^頭");
}

TEST(Create, WhatTheAttributesSayGoesFirst) {
  NewInstance instance = wanted(
      R"({"Modality": "XC", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.77.1.4", "StudyDate": "20200101",
          "ConversionType": "DI"})");
  instance.content = checkers();

  const auto stored = created(std::move(instance));

  EXPECT_EQ(stored->text(tags::Modality), "XC");
  EXPECT_EQ(stored->text(tags::SOPClassUID), "1.2.840.10008.5.1.4.1.1.77.1.4");
  EXPECT_EQ(stored->text(tags::StudyDate), "20200101");
  EXPECT_EQ(stored->text(kConversionType), "DI");
}

TEST(Create, ColourAndSixteenBitsSayWhatTheyAre) {
  NewInstance colour = wanted("{}"), deep = wanted("{}");
  colour.content = Pixels{.columns = 1, .rows = 1, .channels = 3, .bits = 8, .samples = "rgb"};
  deep.content = Pixels{.columns = 1, .rows = 1, .channels = 1, .bits = 16, .samples = "\x01\x02"};

  const auto rgb = created(std::move(colour)), grey = created(std::move(deep));

  EXPECT_EQ(rgb->text(tags::PhotometricInterpretation), "RGB");
  EXPECT_EQ(rgb->integer(tags::PlanarConfiguration), 0);
  EXPECT_EQ(grey->integer(tags::BitsStored), 16);
  EXPECT_EQ(grey->integer(tags::HighBit), 15);
}

TEST(Create, AJpegMayStayOne) {
  NewInstance instance = wanted("{}");
  instance.content = JpegFrame{.columns = 8,
                               .rows = 8,
                               .channels = 3,
                               .photometric_interpretation = "YBR_FULL_422",
                               .bytes = "odd"};

  const auto stored = created(std::move(instance));

  EXPECT_EQ(stored.file.syntax_uid, "1.2.840.10008.1.2.4.50");
  EXPECT_EQ(stored->find(tags::PixelData)->fragment_bytes, 4);
  EXPECT_EQ(stored->text({0x0028, 0x2110}), "01");
}

TEST(Create, APdfIsADocument) {
  NewInstance instance = wanted(R"({"DocumentTitle": "Letter"})");
  instance.content = PdfDocument{"%PDF-1.4 odd."};

  const auto stored = created(std::move(instance));

  EXPECT_EQ(stored->text(tags::SOPClassUID), uids::EncapsulatedPDFStorage);
  EXPECT_EQ(stored->text({0x0042, 0x0012}), "application/pdf");
  EXPECT_EQ(stored->integer({0x0042, 0x0015}), 13);
  EXPECT_THAT(stored->find(tags::EncapsulatedDocument)->value, StartsWith("%PDF-1.4 odd."));
  EXPECT_EQ(stored->text(tags::BurnedInAnnotation), "YES");
}

TEST(Create, JoinsTheStudyOfASibling) {
  const DicomBuilder sibling = make_dicom()
                                   .patient("17", "Müller")
                                   .study("1.2.1")
                                   .series("1.2.2")
                                   .set(tags::SeriesDescription, "axial");
  NewInstance instance = wanted(R"({"SeriesDescription": "picture"})");
  instance.content = checkers();
  instance.sibling = &sibling.dataset();
  instance.joins = NewInstance::Joins::study;

  const auto stored = created(std::move(instance));

  EXPECT_EQ(stored->text(tags::PatientID), "17");
  EXPECT_EQ(stored->text(tags::PatientName), "Müller");
  EXPECT_EQ(stored->text(tags::StudyInstanceUID), "1.2.1");
  EXPECT_EQ(stored->text(tags::StudyDate), sibling.dataset().text(tags::StudyDate));
  EXPECT_NE(stored->text(tags::SeriesInstanceUID), "1.2.2");
  EXPECT_EQ(stored->text(tags::SeriesDescription), "picture");
}

TEST(Create, WhatComesFromTheSiblingIsReplacedByForceAlone) {
  const DicomBuilder sibling = make_dicom().patient("17", "DOE").study("1.2.1");
  NewInstance instance = wanted(R"({"PatientName": "ROE"})");
  instance.sibling = &sibling.dataset();
  instance.joins = NewInstance::Joins::patient;

  EXPECT_THAT(why_not(instance), StartsWith("PatientName"));
  instance.force = true;
  EXPECT_EQ(created(std::move(instance))->text(tags::PatientName), "ROE");
}

TEST(Create, UidsAreGivenByForceAlone) {
  NewInstance instance = wanted(R"({"StudyInstanceUID": "1.2.3"})");

  EXPECT_THAT(why_not(instance), StartsWith("StudyInstanceUID"));
  instance.force = true;
  EXPECT_EQ(created(std::move(instance))->text(tags::StudyInstanceUID), "1.2.3");
}

TEST(Create, PrivateAttributesGetTheirCreator) {
  NewInstance instance;
  auto attributes = read_new_attributes(R"({"0029,1001": "x", "0029,1002": 2})", "ACME");
  ASSERT_OK(attributes);
  instance.attributes = *std::move(attributes);

  const auto stored = created(std::move(instance));

  EXPECT_EQ(stored->text({0x0029, 0x0010}), "ACME");
  EXPECT_EQ(stored->text({0x0029, 0x1001}), "x");
  EXPECT_EQ(stored->text({0x0029, 0x1002}), "2");
}

TEST(Create, ContradictionsAreRefused) {
  NewInstance no_pixels = wanted("{}"), no_pdf = wanted("{}");
  no_pixels.content = Pixels{.columns = 2, .rows = 2, .channels = 1, .bits = 8, .samples = "abc"};
  no_pdf.content = PdfDocument{};
  NewInstance twice = wanted(R"({"PixelData": "data:;base64,AAAA"})");
  twice.content = checkers();

  EXPECT_NE(why_not(std::move(no_pixels)), "");
  EXPECT_NE(why_not(std::move(no_pdf)), "");
  EXPECT_THAT(why_not(std::move(twice)), HasSubstr("PixelData"));
}

TEST(Create, BadAttributesAreNamedAndNotShown) {
  for (const std::string_view json :
       {R"({"PatientBirthDate": "SECRET"})", R"({"PatientNam": "SECRET"})", R"(["SECRET"])",
        R"({"0002,0010": "1.2"})", "SECRET"}) {
    const auto attributes = read_new_attributes(json);

    ASSERT_FALSE(attributes) << json;
    EXPECT_EQ(attributes.error().message.find("SECRET"), std::string::npos);
  }
}

TEST(Merge, SeriesTakeTheAttributesOfTheTarget) {
  const DicomBuilder target =
      make_dicom().patient("18", "ROE^JANE").study("1.9.1").set(tags::StudyDescription, "target");
  DicomBuilder moved = make_dicom().patient("17", "DOE").study("1.2.1").series("1.2.2");
  moved.set({0x0010, 0x1010}, "034Y");
  const auto how = Modification::modify({.level = EditLevel::series},
                                        request_into_study_of(target.dataset()), UidMap::random());
  ASSERT_OK(how);
  const std::string bytes = moved.bytes();
  const auto source = memory_source(bytes);
  const auto file = read_dicom(*source);
  ASSERT_OK(file);

  const auto merged = apply(*file, how->edit_of(moved.dataset()));

  ASSERT_OK(merged);
  EXPECT_EQ(merged->dataset.text(tags::PatientID), "18");
  EXPECT_EQ(merged->dataset.text(tags::PatientName), "ROE^JANE");
  EXPECT_EQ(merged->dataset.text(tags::StudyInstanceUID), "1.9.1");
  EXPECT_EQ(merged->dataset.text(tags::StudyDescription), "target");
  EXPECT_FALSE(merged->dataset.contains({0x0010, 0x1010}));
  EXPECT_NE(merged->dataset.text(tags::SeriesInstanceUID), "1.2.2");
}

}  // namespace
}  // namespace dcmfs
