// What the reader makes of single elements and sequences, right and wrong ones.
#include <gtest/gtest.h>

#include "store/dicom/reader.h"
#include "tests/store/dicom/raw_dicom.h"
#include "tests/store/dicom/read_text.h"
#include "tests/support/make_dicom.h"

namespace dcmfs {
namespace {

using namespace std::string_literals;

TEST(Reader, ReadsUnknownSequencesOfUndefinedLengthAsImplicit) {
  const std::string content = raw::open_item() + raw::implicit_element(tags::PatientID, "77") +
                              raw::end_item() + raw::end_sequence();
  ReadText file(raw::explicit_file(raw::long_header({0x0009, 0x1001}, "UN", raw::kUndefined) +
                                   content + raw::short_element(tags::PatientID, "LO", "78")));

  ASSERT_OK(file.result);
  EXPECT_EQ(file->dataset.item({0x0009, 0x1001})->text(tags::PatientID), "77");
  EXPECT_EQ(file.text(tags::PatientID), "78");
}

TEST(Reader, ReadsExplicitItemsInAnUnknownSequence) {
  const std::string content =
      raw::item(raw::short_element(tags::PatientID, "LO", "77")) + raw::end_sequence();
  ReadText file(
      raw::explicit_file(raw::long_header({0x0009, 0x1001}, "UN", raw::kUndefined) + content));

  ASSERT_OK(file.result);
  EXPECT_EQ(file->dataset.item({0x0009, 0x1001})->text(tags::PatientID), "77");
}

TEST(Reader, GivesKnownAttributesOfUnknownVrTheVrOfTheDictionary) {
  ReadText file(
      raw::explicit_file(raw::long_element({0x0008, 0x1115}, "UN",
                                           raw::item(raw::implicit_element(tags::Modality, "CT"))) +
                         raw::long_element(tags::PatientID, "UN", "77") +
                         raw::long_element(tags::Rows, "UN", "\2\0"s)));

  ASSERT_OK(file.result);
  EXPECT_EQ(file.text(tags::PatientID), "77");
  EXPECT_EQ(file->dataset.integer(tags::Rows), 2);
  EXPECT_EQ(file->dataset.item(tags::ReferencedSeriesSequence)->text(tags::Modality), "CT");
}

TEST(Reader, ReadsVrsThatAreToComeOrThatNoDeviceKnew) {
  ReadText file(raw::explicit_file(
      raw::long_element({0x0008, 0x7777}, "ZZ", "new!") +
      raw::short_element(tags::Modality, "??", "CT") +
      raw::short_element(tags::Manufacturer, "  ", "Acme") +
      raw::implicit_element(tags::InstitutionName, "Home") +  // implicit in an explicit data set
      raw::short_element(tags::PatientID, "XY", "78")));

  ASSERT_OK(file.result);
  EXPECT_EQ(file->dataset.find({0x0008, 0x7777})->value, "new!");
  EXPECT_EQ(file.text(tags::Modality), "CT");
  EXPECT_EQ(file.text(tags::Manufacturer), "Acme");
  EXPECT_EQ(file.text(tags::InstitutionName), "Home");
  EXPECT_EQ(file.text(tags::PatientID), "78");
}

TEST(Reader, SortsElementsAndTakesTheFirstOfTwo) {
  ReadText file(raw::explicit_file(raw::short_element(tags::PatientID, "LO", "1 ") +
                                   raw::short_element(tags::PatientName, "PN", "A ") +
                                   raw::short_element(tags::PatientID, "LO", "2 ") +
                                   raw::short_element(tags::Modality, "CS", "CT")));

  ASSERT_OK(file.result);
  EXPECT_EQ(file->dataset.size(), 5u);
  EXPECT_EQ(file.text(tags::PatientID), "1");
  EXPECT_EQ(file.text(tags::Modality), "CT");
}

TEST(Reader, ReadsSequencesOfDefinedAndUndefinedLength) {
  const std::string element = raw::short_element(tags::PatientID, "LO", "77");
  const Tag tag = tags::ReferencedStudySequence;
  for (const std::string& bytes :
       {raw::long_element(tag, "SQ", raw::item(element)),
        raw::long_element(tag, "SQ", raw::open_item() + element + raw::end_item()),
        raw::long_header(tag, "SQ", raw::kUndefined) + raw::item(element) + raw::end_sequence(),
        raw::long_header(tag, "SQ", raw::kUndefined) + raw::open_item() + element +
            raw::end_item() + raw::end_sequence(),
        // Delimiters with a length, which means nothing, and delimiters that are missing.
        raw::long_header(tag, "SQ", raw::kUndefined) + raw::open_item() + element +
            raw::implicit_header({0xfffe, 0xe00d}, 8) + raw::implicit_header({0xfffe, 0xe0dd}, 4),
        raw::long_header(tag, "SQ", raw::kUndefined) + raw::open_item() + element +
            raw::end_sequence(),
        raw::long_header(tag, "SQ", raw::kUndefined) + raw::item(element)}) {
    ReadText file(raw::explicit_file(bytes + raw::short_element(tags::PatientID, "LO", "78")));
    ASSERT_OK(file.result);
    ASSERT_NE(file->dataset.item(tag), nullptr);
    EXPECT_EQ(file->dataset.item(tag)->text(tags::PatientID), "77");
    EXPECT_EQ(file.text(tags::PatientID), "78");
    EXPECT_FALSE(file->truncated);
  }
}

TEST(Reader, DoesNotLetAnItemReachBeyondItsSequence) {
  const std::string element = raw::short_element(tags::PatientID, "LO", "77");
  const std::string item = raw::implicit_header({0xfffe, 0xe000}, 5000) + element;
  ReadText file(raw::explicit_file(raw::long_element(tags::ReferencedStudySequence, "SQ", item) +
                                   raw::short_element(tags::PatientID, "LO", "78")));

  ASSERT_OK(file.result);
  EXPECT_EQ(file.text(tags::PatientID), "78");
  EXPECT_EQ(file->dataset.item(tags::ReferencedStudySequence)->text(tags::PatientID), "77");
}

TEST(Reader, IgnoresDelimitersOutsideOfSequences) {
  ReadText file(raw::explicit_file(raw::end_item() + raw::end_sequence() +
                                   raw::short_element(tags::PatientID, "LO", "78")));

  ASSERT_OK(file.result);
  EXPECT_EQ(file.text(tags::PatientID), "78");
}

TEST(Reader, ReadsPrivateSequencesInImplicitVr) {
  ReadText file(raw::implicit_file(raw::implicit_header({0x0009, 0x1001}, raw::kUndefined) +
                                   raw::item(raw::implicit_element(tags::PatientID, "77")) +
                                   raw::end_sequence() +
                                   raw::implicit_element({0x0009, 0x1002}, "abcd")));

  ASSERT_OK(file.result);
  EXPECT_EQ(file->dataset.item({0x0009, 0x1001})->text(tags::PatientID), "77");
  EXPECT_EQ(file->dataset.find({0x0009, 0x1002})->vr, Vr::UN);
}

TEST(Reader, LetsPixelRepresentationDecideWhatIsSigned) {
  for (int is_signed : {0, 1}) {
    ReadText file(raw::implicit_file(
        raw::implicit_element(tags::PixelRepresentation, raw::le16(is_signed)) +
        raw::implicit_element(tags::PixelPaddingValue, "\x30\xf8"s) +
        raw::implicit_element(
            tags::ModalityLUTSequence,
            raw::item(raw::implicit_element(tags::LUTDescriptor, "\0\1\x30\xf8\x10\0"s)))));
    ASSERT_OK(file.result);
    EXPECT_EQ(file->dataset.integer(tags::PixelPaddingValue), is_signed ? -2000 : 63536);
    EXPECT_EQ(file->dataset.item(tags::ModalityLUTSequence)->integer(tags::LUTDescriptor, 1),
              is_signed ? -2000 : 63536);
  }
}

TEST(Reader, LetsItemsInheritTheCharacterSet) {
  ReadText file(raw::part10(
      uids::ExplicitVRLittleEndian,
      raw::short_element(tags::SpecificCharacterSet, "CS", "ISO_IR 100") + raw::explicit_start() +
          raw::long_element(
              tags::ReferencedStudySequence, "SQ",
              raw::item(raw::short_element(tags::PatientName, "PN", "B\xfcrger")) +
                  raw::item(raw::short_element(tags::SpecificCharacterSet, "CS", "ISO_IR 192") +
                            raw::short_element(tags::PatientName, "PN", "Bürge")))));

  ASSERT_OK(file.result);
  EXPECT_EQ(file->dataset.item(tags::ReferencedStudySequence, 0)->text(tags::PatientName),
            "Bürger");
  EXPECT_EQ(file->dataset.item(tags::ReferencedStudySequence, 1)->text(tags::PatientName), "Bürge");
}

TEST(Reader, GivesBinaryValuesOfBigEndianFilesInLittleEndian) {
  ReadText file(make_dicom()
                    .pixels(2, 2, 16)
                    .set(tags::FrameIncrementPointer, "00181063")
                    .set({0x0018, 0x9328}, "2.5")
                    .in(uids::ExplicitVRBigEndian)
                    .bytes());

  ASSERT_OK(file.result);
  EXPECT_TRUE(file->big_endian);
  EXPECT_EQ(file->dataset.integer(tags::Rows), 2);
  EXPECT_EQ(file->dataset.number({0x0018, 0x9328}), 2.5);
  EXPECT_EQ(file->dataset.text(tags::FrameIncrementPointer), "00181063");
  EXPECT_EQ(file->dataset.find(tags::PixelData)->value, "\0\0\1\0\2\0\3\0"s);
}

TEST(Reader, SwapsThePixelsOfThePrivateSyntaxThatHasThemBigEndian) {
  const std::string bytes =
      raw::part10(uids::PrivateGEImplicitVRBigEndianPixels,
                  raw::implicit_start() + raw::implicit_element(tags::PixelData, "\1\2\3\4"));
  for (std::int64_t value_bytes_max : {std::int64_t{64}, std::int64_t{2}}) {
    ReadText file(bytes, {.value_bytes_max = value_bytes_max});
    ASSERT_OK(file.result);
    EXPECT_EQ(*read_value(*file, *file->dataset.find(tags::PixelData), 100), "\2\1\4\3");
  }
}

TEST(Reader, StopsAtZerosBehindTheDataSet) {
  for (std::size_t count : {1u, 7u, 8u, 2048u}) {
    ReadText file(raw::explicit_file(std::string(count, '\0')));
    ASSERT_OK(file.result);
    EXPECT_EQ(file->dataset.size(), 2u);
    EXPECT_FALSE(file->truncated);
  }
}

}  // namespace
}  // namespace dcmfs
