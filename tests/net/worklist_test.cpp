#include "net/worklist.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "store/dicom/json_reader.h"
#include "tests/support/ok.h"

namespace dcmfs::net {
namespace {

constexpr std::string_view kItem = R"({
  "PatientName": "MÜLLER^ANNA", "PatientID": "P1", "AccessionNumber": "A1", "RequestedProcedureID": "R1",
  "ScheduledProcedureStepSequence": [{
    "Modality": "CT", "ScheduledStationAETitle": ["CT1", "CT2"], "ScheduledPerformingPhysicianName": "ROSS^BOB",
    "ScheduledProcedureStepStartDate": "20260706", "ScheduledProcedureStepStartTime": "0300",
    "ScheduledProcedureStepDescription": "Schädel"}]})";

Dataset json(std::string_view text) {
  auto dataset = read_json_dataset(text);
  EXPECT_OK(dataset);
  return dataset ? *dataset : Dataset();
}

std::optional<Dataset> answer(std::string_view identifier, std::string_view accepted = "") {
  auto request = parse_worklist_request(json(identifier), accepted);
  EXPECT_OK(request);
  return request ? worklist_answer(*request, json(kItem)) : std::nullopt;
}

TEST(Worklist, KeysMatchAsTheStandardSays) {
  struct Case {
    std::string_view identifier;
    bool matches;
  };
  const Case kCases[] = {
      {R"({})", true},
      {R"({"PatientName": "muller*"})", true},
      {R"({"PatientName": "DOE*"})", false},
      {R"({"PatientID": "P1", "AccessionNumber": "A1", "RequestedProcedureID": "R1"})", true},
      {R"({"PatientID": "P1", "AccessionNumber": "A2"})", false},
      {R"({"ScheduledProcedureStepSequence": []})", true},
      {R"({"ScheduledProcedureStepSequence": [{}]})", true},
      {R"({"ScheduledProcedureStepSequence": [{"Modality": "CT"}]})", true},
      {R"({"ScheduledProcedureStepSequence": [{"Modality": "MR"}]})", false},
      {R"({"ScheduledProcedureStepSequence": [{"ScheduledStationAETitle": "CT2"}]})", true},
      {R"({"ScheduledProcedureStepSequence": [{"ScheduledStationAETitle": "CT3"}]})", false},
      {R"({"ScheduledProcedureStepSequence": [{"ScheduledPerformingPhysicianName": "ross*"}]})",
       true},
      {R"({"ScheduledProcedureStepSequence": [{"ScheduledProcedureStepStartDate": "20260706"}]})",
       true},
      {R"({"ScheduledProcedureStepSequence": [{"ScheduledProcedureStepStartDate": "20260707-"}]})",
       false},
      {R"({"ScheduledProcedureStepSequence": [{"ScheduledProcedureStepStartTime": "02-04"}]})",
       true},
      // The example of PS3.4 table K.6-1: from the 5th at ten to the 7th at six.
      {R"({"ScheduledProcedureStepSequence": [{"ScheduledProcedureStepStartDate": "20260705-20260707",
           "ScheduledProcedureStepStartTime": "1000-1800"}]})",
       true},
      {R"({"ScheduledProcedureStepSequence": [{"ScheduledProcedureStepStartDate": "20260706-20260707",
           "ScheduledProcedureStepStartTime": "1000-1800"}]})",
       false},
      {R"({"ScheduledProcedureStepSequence": [{"ScheduledProcedureStepStartDate": "20260706",
           "ScheduledProcedureStepStartTime": "1000-1800"}]})",
       false},
      // Also from an hour to an earlier one of another day.
      {R"({"ScheduledProcedureStepSequence": [{"ScheduledProcedureStepStartDate": "20260705-20260706",
           "ScheduledProcedureStepStartTime": "1100-0400"}]})",
       true},
      {R"({"ScheduledProcedureStepSequence": [{"ScheduledProcedureStepStartDate": "20260705-20260706",
           "ScheduledProcedureStepStartTime": "1100-0200"}]})",
       false},
  };
  for (const auto& [identifier, expected] : kCases)
    EXPECT_EQ(answer(identifier).has_value(), expected) << identifier;
}

TEST(Worklist, ATimeThatEndsBeforeItBeginsNeedsDaysBetween) {
  for (const std::string_view identifier :
       {R"({"ScheduledProcedureStepSequence": [{"ScheduledProcedureStepStartTime": "1100-0200"}]})",
        R"({"ScheduledProcedureStepSequence": [{"ScheduledProcedureStepStartDate": "20260706",
            "ScheduledProcedureStepStartTime": "1100-0200"}]})",
        R"({"ScheduledProcedureStepSequence": [{
            "ScheduledProcedureStepStartDate": "20260706-20260706",
            "ScheduledProcedureStepStartTime": "1100-0200"}]})",
        R"({"AdmittingTime": "1100-0200"})"}) {
    const auto request = parse_worklist_request(json(identifier), "");
    ASSERT_FALSE(request) << identifier;
    EXPECT_EQ(request.error().code, Errc::invalid_argument) << identifier;
  }
}

TEST(Worklist, ReturnKeysAreAnswered) {
  const auto found =
      answer(R"({"PatientName": "", "StudyInstanceUID": "", "QueryRetrieveLevel": "WORKLIST",
      "ScheduledProcedureStepSequence": [{"Modality": "CT", "ScheduledProcedureStepDescription": ""}]})");

  ASSERT_TRUE(found);
  EXPECT_EQ(found->text(tags::PatientName), "MÜLLER^ANNA");
  EXPECT_EQ(found->text(tags::StudyInstanceUID), "") << "asked for, and unknown";
  EXPECT_FALSE(found->contains(tags::PatientID)) << "not asked for";
  EXPECT_FALSE(found->contains(tags::QueryRetrieveLevel)) << "there are no levels";
  const Dataset* step = found->item(tags::ScheduledProcedureStepSequence);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->text(tags::Modality), "CT");
  EXPECT_EQ(step->text(tags::ScheduledProcedureStepDescription), "Schädel");
  EXPECT_FALSE(step->contains(tags::ScheduledStationAETitle));
}

TEST(Worklist, TheCharacterSetIsThatOfTheRequest) {
  Dataset identifier;
  identifier.set_text(tags::SpecificCharacterSet, "ISO_IR 100");
  identifier.set_text(tags::PatientName, "M\xdcLLER*");
  const auto request = parse_worklist_request(identifier, "");
  ASSERT_OK(request);

  const auto found = worklist_answer(*request, json(kItem));

  ASSERT_TRUE(found);
  EXPECT_EQ(found->text(tags::SpecificCharacterSet), "ISO_IR 100");
  EXPECT_EQ(found->find(tags::PatientName)->value, "M\xdcLLER^ANNA ");
}

TEST(Worklist, FuzzyNamesAreAsNegotiated) {
  EXPECT_EQ(accept_worklist_negotiation(std::string("\1\1\1\1", 4)), std::string("\1\1\1", 3));

  EXPECT_FALSE(answer(R"({"PatientName": "anna mul"})"));
  EXPECT_TRUE(answer(R"({"PatientName": "anna mul"})", std::string("\1\1\1", 3)));
}

TEST(Worklist, WhatIsNotSupportedIsTold) {
  Dataset identifier;
  identifier.add_item(tags::ScheduledProcedureStepSequence)
      .set_bytes(tags::PixelData, Vr::OW, "ab");

  const auto request = parse_worklist_request(identifier, "");

  ASSERT_OK(request);
  EXPECT_FALSE(request->all_supported);
}

}  // namespace
}  // namespace dcmfs::net
