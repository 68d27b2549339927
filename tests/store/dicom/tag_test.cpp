#include "store/dicom/tag.h"

#include <gtest/gtest.h>

namespace dcmfs {
namespace {

TEST(Dictionary, IsLoaded) {
  EXPECT_TRUE(dictionary_is_loaded());
}

TEST(Dictionary, KnowsEveryAttributeThatTheProgramNames) {
#define DCMFS_TAG(keyword, group, element)        \
  EXPECT_EQ(keyword_of(tags::keyword), #keyword); \
  EXPECT_EQ(tag_of(#keyword), (Tag{group, element})) << #keyword;
#include "store/dicom/tags.inc"
#undef DCMFS_TAG
}

TEST(Dictionary, GivesTheVrThatAReaderMayAssume) {
  EXPECT_EQ(vr_of(tags::PatientName), Vr::PN);
  EXPECT_EQ(vr_of(tags::Rows), Vr::US);
  EXPECT_EQ(vr_of(tags::PixelPaddingValue), Vr::US);  // US or SS
  EXPECT_EQ(vr_of(tags::PixelData), Vr::OW);          // OB or OW
  EXPECT_EQ(vr_of(tags::LUTData), Vr::OW);            // US or OW
  EXPECT_EQ(vr_of({0x0004, 0x1400}), Vr::UL);         // an offset in a DICOMDIR
  EXPECT_EQ(vr_of({0x0008, 0x0000}), Vr::UL);         // a group length
  EXPECT_EQ(vr_of({0x0029, 0x0010}), Vr::LO);         // a private creator
  EXPECT_EQ(vr_of({0x0029, 0x1010}), Vr::UN);
  EXPECT_EQ(vr_of({0x0008, 0x7777}), Vr::UN);
}

TEST(Dictionary, TellsWhatPixelRepresentationMakesSigned) {
  EXPECT_TRUE(us_or_ss(tags::SmallestImagePixelValue));
  EXPECT_TRUE(us_or_ss(tags::RedPaletteColorLookupTableDescriptor));
  EXPECT_FALSE(us_or_ss(tags::Rows));
}

TEST(Dictionary, FindsRepeatingGroups) {
  EXPECT_EQ(keyword_of({0x6000, 0x0010}), "OverlayRows");
  EXPECT_EQ(keyword_of({0x601e, 0x3000}), "OverlayData");
  EXPECT_EQ(vr_of({0x6002, 0x3000}), Vr::OW);
  EXPECT_EQ(keyword_of({0x5002, 0x3000}), "CurveData");
  EXPECT_EQ(keyword_of({0x6001, 0x0010}), "");  // odd: private
  EXPECT_EQ(tag_of("OverlayRows"), (Tag{0x6000, 0x0010}));
}

TEST(Dictionary, HasRetiredAttributesUnderTheirKeyword) {
  EXPECT_EQ(keyword_of({0x0008, 0x0001}), "LengthToEnd");
  EXPECT_EQ(tag_of("LengthToEnd"), (Tag{0x0008, 0x0001}));
}

TEST(Tag, IsReadFromHexadecimalDigits) {
  EXPECT_EQ(tag_of("0010,0020"), tags::PatientID);
  EXPECT_EQ(tag_of("0010-0020"), tags::PatientID);
  EXPECT_EQ(tag_of("00100020"), tags::PatientID);
  EXPECT_EQ(tag_of("7FE00010"), tags::PixelData);
  EXPECT_EQ(tag_of("7fe0,0010"), tags::PixelData);
  for (const char* wrong :
       {"", "patientid", "0010", "0010 0020", "0010,002", "0010,00200", "+010,0020"}) {
    EXPECT_EQ(tag_of(wrong), std::nullopt) << wrong;
  }
}

TEST(Tag, IsWrittenInLowerCase) {
  EXPECT_EQ(to_string(tags::PixelData), "7fe0,0010");
}

TEST(Vr, NamesAreReadAsTheyAreWritten) {
  for (int i = 0; i <= static_cast<int>(Vr::UV); ++i) {
    const VrInfo& row = info(static_cast<Vr>(i));
    EXPECT_EQ(static_cast<int>(row.vr), i);
    EXPECT_EQ(parse_vr(row.name[0], row.name[1]), row.vr);
  }
  for (const char* wrong : {"ZZ", "??", "  ", "us", "\0\0"}) {
    EXPECT_EQ(parse_vr(wrong[0], wrong[1]), std::nullopt);
  }
}

}  // namespace
}  // namespace dcmfs
