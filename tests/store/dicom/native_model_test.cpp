#include "store/dicom/native_model.h"

#include <gmock/gmock.h>

#include "tests/support/make_dicom.h"

namespace dcmfs {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string native_model_of(Dataset dataset, std::string_view bulk = {}) {
  dataset.character_set = CharacterSet::utf8();
  return native_dicom_model(dataset, bulk);
}

TEST(NativeModel, AttributesHaveTagVrAndKeyword) {
  Dataset dataset;
  dataset.set_text(tags::Modality, "CT");
  dataset.set_text(tags::AccessionNumber, "");

  EXPECT_EQ(
      native_model_of(dataset),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<NativeDicomModel xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\" "
      "xml:space=\"preserve\">"
      "<DicomAttribute tag=\"00080050\" vr=\"SH\" keyword=\"AccessionNumber\"></DicomAttribute>"
      "<DicomAttribute tag=\"00080060\" vr=\"CS\" keyword=\"Modality\"><Value "
      "number=\"1\">CT</Value></DicomAttribute>"
      "</NativeDicomModel>\n");
}

TEST(NativeModel, NamesAreInTheirGroupsAndComponents) {
  Dataset dataset;
  dataset.set_text(tags::PatientName, "Yamada^Tarou^^Dr.=山田^太郎");

  EXPECT_THAT(
      native_model_of(dataset),
      HasSubstr(
          "<PersonName "
          "number=\"1\"><Alphabetic><FamilyName>Yamada</FamilyName><GivenName>Tarou</GivenName>"
          "<NamePrefix>Dr.</NamePrefix></Alphabetic><Ideographic><FamilyName>山田</FamilyName>"
          "<GivenName>太郎</GivenName></Ideographic></PersonName>"));
}

TEST(NativeModel, SeveralValuesAndItemsAreNumberedFromOne) {
  Dataset dataset;
  dataset.set_text(tags::ImageType, "ORIGINAL\\\\AXIAL");
  dataset.add_item(tags::ReferencedSOPSequence).set_text(tags::ReferencedSOPInstanceUID, "1.2");
  dataset.add_item(tags::ReferencedSOPSequence);

  const auto model = native_model_of(dataset);

  EXPECT_THAT(model, HasSubstr("<Value number=\"1\">ORIGINAL</Value><Value "
                               "number=\"2\"></Value><Value number=\"3\">AXIAL</Value>"));
  EXPECT_THAT(model, HasSubstr("<Item number=\"1\"><DicomAttribute tag=\"00081155\" vr=\"UI\" "
                               "keyword=\"ReferencedSOPInstanceUID\">"));
  EXPECT_THAT(model, HasSubstr("<Item number=\"2\"></Item>"));
}

TEST(NativeModel, WhatXmlKeepsForItselfIsEscaped) {
  Dataset dataset;
  dataset.set_text(tags::StudyDescription, "a<b & \"c\">\x1b");

  EXPECT_THAT(native_model_of(dataset),
              HasSubstr("a&lt;b &amp; &quot;c&quot;&gt;\xef\xbf\xbd</Value>"));
}

// XML 1.0 2.2: U+FFFE and U+FFFF are none of its characters.
TEST(NativeModel, WhatXmlDoesNotHaveIsReplaced) {
  Dataset dataset;
  dataset.set_text(tags::StudyDescription,
                   "a\xef\xbf\xbe"
                   "b\xef\xbf\xbf"
                   "c\xef\xbd\xb1");

  EXPECT_THAT(native_model_of(dataset), HasSubstr(">a\xef\xbf\xbd"
                                                  "b\xef\xbf\xbd"
                                                  "c\xef\xbd\xb1</Value>"));
}

TEST(NativeModel, PrivateAttributesNameTheirCreatorInsteadOfTheirBlock) {
  Dataset dataset;
  dataset.set_text({0x0029, 0x0011}, Vr::LO, "ACME");
  dataset.set_bytes({0x0029, 0x1102}, Vr::OB, "abcd");

  EXPECT_THAT(native_model_of(dataset),
              HasSubstr("<DicomAttribute tag=\"00290002\" vr=\"OB\" "
                        "privateCreator=\"ACME\"><InlineBinary>YWJjZA==</InlineBinary>"));
}

TEST(NativeModel, BulkDataIsToldByItsUri) {
  const auto dicom = make_dicom().pixels(2, 2, 16);

  EXPECT_THAT(native_model_of(dicom.dataset(), "http://x/bulk"),
              HasSubstr("<BulkData uri=\"http://x/bulk/7FE00010\"/>"));
  EXPECT_THAT(native_model_of(dicom.dataset()), Not(HasSubstr("BulkData")));
}

TEST(NativeModel, WhatIsAddedStandsInItsPlace) {
  Dataset dataset, also;
  dataset.set_text(tags::Modality, "CT");
  dataset.set_text(tags::PatientID, "1");
  also.set_text(tags::AccessionNumber, "A");
  also.set_text(tags::PatientID, "2");

  const auto model = native_dicom_model(dataset, {}, also);

  EXPECT_LT(model.find("AccessionNumber"), model.find("Modality"));
  EXPECT_THAT(model, HasSubstr("<Value number=\"1\">2</Value>"));
  EXPECT_THAT(model, Not(HasSubstr("<Value number=\"1\">1</Value>")));
}

}  // namespace
}  // namespace dcmfs
