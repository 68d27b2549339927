#include "store/dicom/json_reader.h"

#include <string>

#include <gtest/gtest.h>

#include "store/dicom/json.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

Dataset read(std::string_view json) {
  auto dataset = read_json_dataset(json);
  EXPECT_OK(dataset);
  return dataset ? *dataset : Dataset();
}

TEST(JsonReader, KeywordsAndTheModelOfTheStandardMeanTheSame) {
  constexpr std::string_view kBoth[] = {
      R"({"PatientName": "MÜLLER^ANNA", "PatientID": "1", "Rows": 512, "PatientWeight": 70.5, "ImageType": ["A", "B"],
          "AccessionNumber": null,
          "ScheduledProcedureStepSequence": [{"Modality": "CT"}, {}]})",
      R"({"00100010": {"vr": "PN", "Value": [{"Alphabetic": "MÜLLER^ANNA"}]}, "00100020": {"vr": "LO", "Value": ["1"]},
          "00280010": {"vr": "US", "Value": [512]}, "00101030": {"vr": "DS", "Value": [70.5]},
          "00080008": {"vr": "CS", "Value": ["A", "B"]}, "00080050": {"vr": "SH"},
          "00400100": {"vr": "SQ", "Value": [{"00080060": {"vr": "CS", "Value": ["CT"]}}, {}]}})",
  };
  for (const auto json : kBoth) {
    const Dataset dataset = read(json);

    EXPECT_EQ(dataset.text(tags::PatientName), "MÜLLER^ANNA");
    EXPECT_EQ(dataset.text(tags::PatientID), "1");
    EXPECT_EQ(dataset.integer(tags::Rows), 512);
    EXPECT_EQ(dataset.text(tags::PatientWeight), "70.5");
    EXPECT_EQ(dataset.text(tags::ImageType), "A\\B");
    EXPECT_EQ(dataset.text(tags::AccessionNumber), "");
    ASSERT_EQ(dataset.find(tags::ScheduledProcedureStepSequence)->items.size(), 2u);
    EXPECT_EQ(dataset.item(tags::ScheduledProcedureStepSequence)->text(tags::Modality), "CT");
    EXPECT_EQ(dataset.text(tags::SpecificCharacterSet), "ISO_IR 192");
  }
}

TEST(JsonReader, AnItemMayStandAlone) {
  const Dataset dataset = read(R"({"ScheduledProcedureStepSequence": {"Modality": "CT"}})");

  ASSERT_EQ(dataset.find(tags::ScheduledProcedureStepSequence)->items.size(), 1u);
}

TEST(JsonReader, GroupsOfANameKeepTheirPlaces) {
  EXPECT_EQ(
      read(
          R"({"00100010": {"vr": "PN", "Value": [{"Alphabetic": "Yamada", "Phonetic": "やまだ"}]}})")
          .text(tags::PatientName),
      "Yamada==やまだ");
  EXPECT_EQ(read(R"({"PatientName": {"Ideographic": "山田"}})").text(tags::PatientName), "=山田");
}

TEST(JsonReader, ReadsWhatTheMountedTreeShows) {
  const Dataset dataset = read(
      R"({"PatientName": "DOE", "Rows": 2, "ScheduledProcedureStepSequence": [{"Modality": "MR"}]})");

  EXPECT_EQ(keyword_json(read(keyword_json(dataset))), keyword_json(dataset));
}

TEST(JsonReader, WhatIsNoneIsRefusedWithoutItsValues) {
  constexpr std::string_view kBad[] = {
      "",
      "SECRET",
      "[]",
      "[1]",
      "{\"PatientName\": \"SECRET\"",
      "{\"PatientName\": \"SECRET\"} SECRET",
      "{\"PatientNam\": \"SECRET\"}",
      "{\"PatientName\": \"SECRET\", \"PatientName\": \"SECRET\"}",
      "{\"PatientName\": \"SECRET\", \"00100010\": \"SECRET\"}",
      "{\"PatientName\": true}",
      "{\"PatientName\": [[\"SECRET\"]]}",
      "{\"Rows\": \"SECRET\"}",
      "{\"ScheduledProcedureStepSequence\": \"SECRET\"}",
      "{\"ScheduledProcedureStepSequence\": [\"SECRET\"]}",
      "{\"00100010\": {\"vr\": \"XX\"}}",
      "{\"00100010\": {\"vr\": \"PN\", \"Value\": \"SECRET\"}}",
      "{\"00100010\": {\"vr\": \"PN\", \"InlineBinary\": \"SECRET\"}}",
      "{\"PixelData\": \"SECRET\"}",
      "// SECRET\n{}",
      "{\"PatientName\": \"a\\u0000b\"}",
  };
  for (const auto json : kBad) {
    const auto dataset = read_json_dataset(json);

    ASSERT_FALSE(dataset) << json;
    EXPECT_EQ(dataset.error().message.find("SECRET"), std::string::npos) << dataset.error().message;
  }
}

TEST(JsonReader, NestingHasALimit) {
  std::string json;
  for (int i = 0; i < 10'000; ++i) json += R"({"ScheduledProcedureStepSequence":[)";

  const auto dataset = read_json_dataset(json);

  ASSERT_FALSE(dataset);
  EXPECT_EQ(dataset.error().code, Errc::too_large);
}

TEST(JsonInstances, ABulkDataUriIsWhatTheCallerGives) {
  const BulkDataOf bulk_data = [](Tag tag, Vr vr, std::string_view uri) -> Result<Element> {
    if (uri != "a") return Error{Errc::not_found, "no such value"};
    Element element;
    element.tag = tag;
    element.vr = vr;
    element.value = "abcd";
    return element;
  };

  const auto instances = read_json_instances(
      R"([{"7FE00010":{"vr":"OB","BulkDataURI":"a"}},)"
      R"({"7FE00010":{"vr":"OB","BulkDataURI":"b"},"00080018":{"vr":"UI","Value":["1.2"]}},{}])",
      bulk_data);

  ASSERT_OK(instances);
  ASSERT_EQ(instances->size(), 3u);
  ASSERT_OK((*instances)[0].dataset);
  EXPECT_EQ((*instances)[0].dataset->find(tags::PixelData)->value, "abcd");
  EXPECT_EQ((*instances)[1].dataset.error().code, Errc::not_found);
  EXPECT_EQ((*instances)[1].identity.text(tags::SOPInstanceUID), "1.2");
  EXPECT_OK((*instances)[2].dataset);
  for (const char* json : {"", "{}", "[1]", "[[]]"})
    EXPECT_FALSE(read_json_instances(json, bulk_data).ok()) << json;
}

}  // namespace
}  // namespace dcmfs
