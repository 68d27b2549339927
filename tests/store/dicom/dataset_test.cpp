#include "store/dicom/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dcmfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Dataset, KeepsElementsInOrderAndNoneTwice) {
  Dataset dataset;
  dataset.set_text(tags::PatientID, "1");
  dataset.set_text(tags::SOPInstanceUID, "1.2");
  dataset.set_text(tags::PatientID, "2");

  ASSERT_EQ(dataset.size(), 2u);
  EXPECT_EQ(dataset.begin()->tag, tags::SOPInstanceUID);
  EXPECT_EQ(dataset.text(tags::PatientID), "2");
  dataset.erase(tags::PatientID);
  EXPECT_FALSE(dataset.contains(tags::PatientID));
  EXPECT_EQ(dataset.text(tags::PatientID), std::nullopt);
}

TEST(Dataset, TellsAbsentFromEmpty) {
  Dataset dataset;
  dataset.set_text(tags::PatientID, "");

  EXPECT_EQ(dataset.text(tags::PatientID), "");
  EXPECT_EQ(dataset.text(tags::PatientName), std::nullopt);
  EXPECT_EQ(dataset.text_or(tags::PatientID, "x"), "x");
  EXPECT_THAT(dataset.texts(tags::PatientID), IsEmpty());
}

TEST(Dataset, RemovesPaddingThatHasNoMeaning) {
  Dataset dataset;
  dataset.set_bytes(tags::SOPInstanceUID, Vr::UI, std::string("1.2.3\0", 6));
  dataset.set_bytes(tags::ImageType, Vr::CS, " ORIGINAL \\PRIMARY ");
  dataset.set_bytes(tags::PatientComments, Vr::LT, "  two\\lines  ");

  EXPECT_EQ(dataset.text(tags::SOPInstanceUID), "1.2.3");
  EXPECT_THAT(dataset.texts(tags::ImageType), ElementsAre("ORIGINAL", "PRIMARY"));
  EXPECT_EQ(dataset.text(tags::ImageType), "ORIGINAL\\PRIMARY");
  EXPECT_THAT(dataset.texts(tags::PatientComments), ElementsAre("  two\\lines"));
}

TEST(Dataset, DecodesTextByItsCharacterSet) {
  Dataset dataset;
  dataset.set_text(tags::SpecificCharacterSet, "ISO_IR 100");
  dataset.set_bytes(tags::PatientName, Vr::PN, "B\xfcrger^Ren\xe9");

  EXPECT_EQ(dataset.text(tags::PatientName), "Bürger^René");
}

TEST(Dataset, NewItemsInheritTheCharacterSet) {
  Dataset dataset;
  dataset.set_text(tags::SpecificCharacterSet, "ISO_IR 100");
  Dataset& item = dataset.add_item(tags::ReferencedStudySequence);
  item.set_bytes(tags::PatientName, Vr::PN, "B\xfcrger");

  EXPECT_EQ(dataset.item(tags::ReferencedStudySequence)->text(tags::PatientName), "Bürger");
  EXPECT_EQ(dataset.item(tags::ReferencedStudySequence, 1), nullptr);
}

TEST(Dataset, ReadsNumbersOfEveryVr) {
  Dataset dataset;
  dataset.set_text(tags::Rows, "512");
  dataset.set_text(tags::PixelSpacing, " 0.5 \\+1e-1\\x\\4");
  dataset.set_text(tags::InstanceNumber, "12.0");
  dataset.set_text({0x0018, 0x9328}, "2.5");  // FD
  dataset.set_bytes({0x0008, 0x9459}, Vr::FL, std::string("\0\0\x20\x40", 4));

  EXPECT_EQ(dataset.integer(tags::Rows), 512);
  EXPECT_EQ(dataset.text(tags::Rows), "512");
  EXPECT_EQ(dataset.number(tags::PixelSpacing, 1), 0.1);
  EXPECT_EQ(dataset.number(tags::PixelSpacing, 2), std::nullopt);
  EXPECT_EQ(dataset.number(tags::PixelSpacing, 4), std::nullopt);
  EXPECT_THAT(dataset.numbers(tags::PixelSpacing), ElementsAre(0.5, 0.1));
  EXPECT_EQ(dataset.integer(tags::InstanceNumber), 12);
  EXPECT_EQ(dataset.integer(tags::PixelSpacing), std::nullopt);
  EXPECT_EQ(dataset.number({0x0018, 0x9328}), 2.5);
  EXPECT_EQ(dataset.number({0x0008, 0x9459}), 2.5);
}

TEST(Dataset, DoesNotReadBeyondAValueThatIsTooShort) {
  Dataset dataset;
  Element rows;
  rows.tag = tags::Rows;
  rows.vr = Vr::US;
  rows.value = "\x01";
  dataset.set(rows);

  EXPECT_EQ(dataset.integer(tags::Rows), std::nullopt);
  EXPECT_EQ(dataset.text(tags::Rows), "");
}

TEST(Dataset, WritesNumbersByTheVrOfTheDictionary) {
  Dataset dataset;
  dataset.set_numbers(tags::PixelSpacing, {0.5, 1.0 / 3});
  dataset.set_number(tags::Rows, 70000);
  dataset.set_number(tags::InstanceNumber, 7);
  dataset.set_text(tags::FrameIncrementPointer, "00181063");

  EXPECT_EQ(dataset.text(tags::PixelSpacing), "0.5\\0.33333333333333");
  EXPECT_EQ(dataset.integer(tags::Rows), 65535);  // the most that US can hold
  EXPECT_EQ(dataset.text(tags::InstanceNumber), "7");
  EXPECT_EQ(dataset.text(tags::FrameIncrementPointer), "00181063");
  EXPECT_EQ(dataset.find(tags::FrameIncrementPointer)->value, std::string("\x18\0\x63\x10", 4));
}

TEST(Dataset, WritesAll64BitsOfUv) {
  constexpr Tag kSelectorUv{0x0072, 0x0083};
  constexpr Tag kPrivate{0x0029, 0x1001};
  Dataset dataset;
  dataset.set_numbers(kSelectorUv, {13835058055282163712.0});  // 2^63 + 2^62
  dataset.set_text(kPrivate, Vr::UV, "13835058055282163713");

  EXPECT_EQ(dataset.text(kSelectorUv), "13835058055282163712");
  EXPECT_EQ(dataset.text(kPrivate), "13835058055282163713");
}

TEST(Dataset, CountsValues) {
  Dataset dataset;
  dataset.set_text(tags::ImageType, "A\\B\\");
  dataset.set_text(tags::PatientComments, "a\\b");
  dataset.set_numbers(tags::Rows, {1, 2});
  dataset.add_item(tags::ReferencedStudySequence);

  EXPECT_EQ(count_values(*dataset.find(tags::ImageType)), 3u);
  EXPECT_EQ(count_values(*dataset.find(tags::PatientComments)), 1u);
  EXPECT_EQ(count_values(*dataset.find(tags::Rows)), 2u);
  EXPECT_EQ(count_values(*dataset.find(tags::ReferencedStudySequence)), 1u);
}

}  // namespace
}  // namespace dcmfs
