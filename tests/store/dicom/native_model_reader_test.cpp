#include "store/dicom/native_model_reader.h"

#include <gmock/gmock.h>

#include "store/dicom/dicom_json.h"
#include "store/dicom/json_reader.h"
#include "store/dicom/native_model.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

std::string model(std::string_view attributes) {
  return "<?xml version=\"1.0\"?>\n<NativeDicomModel "
         "xmlns=\"http://dicom.nema.org/PS3.19/models/NativeDICOM\">" +
         std::string(attributes) + "</NativeDicomModel>";
}
std::string json_of(std::string_view attributes) {
  const auto json = json_of_native_model(model(attributes));
  return json ? *json : json.error().message;
}

TEST(NativeModelReader, ValuesStandWhereTheirNumbersSay) {
  EXPECT_EQ(
      json_of(
          R"(<DicomAttribute tag="00080008" vr="CS"><Value number="3">AXIAL</Value><Value number="1">ORIGINAL</Value></DicomAttribute>)"),
      R"({"00080008":{"vr":"CS","Value":["ORIGINAL",null,"AXIAL"]}})");
  EXPECT_EQ(json_of("\n <!-- c --> <DicomAttribute tag='00080050' vr='SH'/>"),
            R"({"00080050":{"vr":"SH"}})");
  EXPECT_EQ(
      json_of(
          R"(<DicomAttribute tag="00081030" vr="LO"><Value number="1"> a &lt;&#13; <![CDATA[<b>]]></Value></DicomAttribute>)"),
      R"({"00081030":{"vr":"LO","Value":[" a <\r <b>"]}})");
}

TEST(NativeModelReader, NamesAreOneTextForEachGroup) {
  EXPECT_EQ(
      json_of(
          R"(<DicomAttribute tag="00100010" vr="PN"><PersonName number="1"><Alphabetic><GivenName>Eva</GivenName><FamilyName>Müller</FamilyName></Alphabetic><Phonetic><NameSuffix>x</NameSuffix></Phonetic></PersonName></DicomAttribute>)"),
      R"({"00100010":{"vr":"PN","Value":[{"Alphabetic":"Müller^Eva","Phonetic":"^^^^x"}]}})");
}

TEST(NativeModelReader, PrivateAttributesFindTheirBlock) {
  const std::string creator =
      R"(<DicomAttribute tag="00090011" vr="LO"><Value number="1">ACME</Value></DicomAttribute>)";
  const std::string one =
      R"(<DicomAttribute tag="00090001" vr="LO" privateCreator="ACME"><Value number="1">x</Value></DicomAttribute>)";
  EXPECT_EQ(json_of(creator + one),
            R"({"00090011":{"vr":"LO","Value":["ACME"]},"00091101":{"vr":"LO","Value":["x"]}})");
  EXPECT_EQ(json_of(one),
            R"({"00090010":{"vr":"LO","Value":["ACME"]},"00091001":{"vr":"LO","Value":["x"]}})");
  const std::string other =
      R"(<DicomAttribute tag="00091102" vr="LO" privateCreator="OTHER"><Value number="1">y</Value></DicomAttribute>)";
  EXPECT_EQ(
      json_of(creator + other),
      R"({"00090011":{"vr":"LO","Value":["ACME"]},"00090010":{"vr":"LO","Value":["OTHER"]},"00091002":{"vr":"LO","Value":["y"]}})");
}

TEST(NativeModelReader, WhatIsWrittenComesBack) {
  Dataset dataset;
  dataset.set_text(tags::PatientName, "Yamada^Tarou^^Dr.=山田^太郎");
  dataset.set_text(tags::ImageType, "ORIGINAL\\\\AXIAL");
  dataset.set_text(tags::StudyDescription, " a<b & \"c\">\r\n\td");
  dataset.set_text(tags::SliceThickness, "1.5");
  dataset.set_number(tags::Rows, 512);
  dataset.set_text(Tag{0x0009, 0x0010}, "ACME");
  dataset.set({.tag = {0x0009, 0x1001},
               .vr = Vr::FD,
               .value = std::string("\0\0\0\0\0\0\xf0\x7f\0\0\0\0\0\0\xf8\x3f", 16),
               .items = {}});
  dataset.set({.tag = {0x0009, 0x1002}, .vr = Vr::OB, .value = "abcd", .items = {}});
  dataset.set({.tag = {0x0028, 0x0009},
               .vr = Vr::AT,
               .value = std::string("\x18\0\x63\x10", 4),
               .items = {}});
  auto& item = dataset.add_item(tags::ReferencedSOPSequence);
  item.set_text(tags::ReferencedSOPInstanceUID, "1.2");
  item.add_item(tags::ReferencedSOPSequence);
  item.character_set = CharacterSet::utf8();
  dataset.add_item(tags::ReferencedSOPSequence);
  dataset.character_set = CharacterSet::utf8();

  const auto json = json_of_native_model(native_dicom_model(dataset));
  ASSERT_OK(json);
  const auto back = read_json_dataset(*json);
  ASSERT_OK(back);
  Dataset expected = *read_json_dataset(dicom_json(dataset));
  EXPECT_EQ(dicom_json(*back), dicom_json(expected));
  EXPECT_EQ(back->find({0x0009, 0x1001})->value, dataset.find({0x0009, 0x1001})->value);
}

TEST(NativeModelReader, WhatIsNoModelIsRefusedWithItsLine) {
  for (
      const char* bad :
      {"<DicomAttribute vr=\"CS\"/>", "<DicomAttribute tag=\"0008\" vr=\"CS\"/>", "<Other/>",
       "text",
       R"(<DicomAttribute tag="00080060" vr="CS"><Value number="0">a</Value></DicomAttribute>)",
       R"(<DicomAttribute tag="00080060" vr="CS"><Value number="1">a</Value><Value number="1">b</Value></DicomAttribute>)",
       R"(<DicomAttribute tag="00080060" vr="CS"><Value number="99999999">a</Value></DicomAttribute>)",
       R"(<DicomAttribute tag="00080060" vr="OB"><InlineBinary>AA==</InlineBinary><BulkData uri="x"/></DicomAttribute>)",
       R"(<DicomAttribute tag="00080060" vr="PN"><PersonName number="1"><Other/></PersonName></DicomAttribute>)",
       "<DicomAttribute tag=\"00080060\" vr=\"CS\">"}) {
    const auto refused = json_of_native_model(model(bad));
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    EXPECT_THAT(refused.error().message, testing::StartsWith("XML: line 2: ")) << bad;
  }
  for (const char* bad : {"", "<a/>", "<NativeDicomModel/>x", "\0"})
    EXPECT_FALSE(json_of_native_model(bad)) << bad;
  EXPECT_TRUE(json_of_native_model("<NativeDicomModel/>"));
}

TEST(NativeModelReader, EntitiesAndDepthAreNoWeapons) {
  const auto bomb = json_of_native_model(
      "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b "
      "\"&a;&a;&a;&a;&a;&a;&a;&a;\">]><NativeDicomModel>&b;</NativeDicomModel>");
  EXPECT_FALSE(bomb);
  EXPECT_FALSE(
      json_of_native_model("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><NativeDicomModel/>"));
  std::string deep;
  for (int i = 0; i < 100'000; ++i)
    deep += R"(<DicomAttribute tag="00081199" vr="SQ"><Item number="1">)";
  EXPECT_FALSE(json_of_native_model(model(deep)));
}

}  // namespace
}  // namespace dcmfs
