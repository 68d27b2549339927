#include "rest/orthanc/modify.h"

#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rest/instance_file.h"
#include "rest/orthanc/edit_jobs.h"
#include "tests/rest/edited.h"
#include "tests/rest/served.h"

namespace dcmfs::rest {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;
using testing::UnorderedElementsAre;

// A private attribute that is a number in this one instance.
DicomBuilder with_number(DicomBuilder dicom) {
  return dicom.set_bytes({0x0009, 0x0010}, Vr::LO, "US")
      .set_bytes({0x0009, 0x1001}, Vr::US, std::string("\1\0", 2));
}
constexpr const char* kOnlyText = R"({"Replace":{"0009,1001":"abc"},"PrivateCreator":"US")";

TEST_F(Edited, AStudyIsModified) {
  const auto answer = post("studies", "modify", R"({"Replace":{"StudyDescription":"other"}})");

  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto told = answer.json();
  EXPECT_EQ(told["InstancesCount"], 2);
  EXPECT_EQ(told["FailedInstancesCount"], 0);
  EXPECT_EQ(told["IsAnonymization"], false);
  EXPECT_EQ(told["Description"], "REST API");
  EXPECT_EQ(told["Type"], "Study");
  EXPECT_EQ(told["Path"], "/studies/" + told["ID"].asString());
  EXPECT_EQ(told["PatientID"], id(Level::patient));
  EXPECT_NE(told["ID"], id(Level::study));
  const auto made = datasets_below(Level::study, told["ID"].asString());
  ASSERT_THAT(made, SizeIs(2));
  for (const auto& one : made) {
    EXPECT_EQ(one.text_or(tags::StudyDescription, ""), "other");
    EXPECT_EQ(one.text_or(tags::PatientID, ""), "P1");
    EXPECT_EQ(one.text_or(tags::StudyInstanceUID, ""), made[0].text_or(tags::StudyInstanceUID, ""));
  }
  EXPECT_THAT(datasets_below(Level::study, id(Level::study)), SizeIs(2)) << "the source stays";
}

TEST_F(Edited, WhatWasMadeTellsItsSource) {
  const auto told = post("studies", "modify", R"({"Replace":{"StudyDescription":"other"}})").json();

  EXPECT_EQ(metadata_of(Level::study, told["ID"].asString(), "ModifiedFrom"), id(Level::study));
  EXPECT_EQ(metadata_of(Level::patient, id(Level::patient), "ModifiedFrom"), "")
      << "it is the same patient";
  EXPECT_THAT(changes(ChangeType::modified), UnorderedElementsAre(Level::series, Level::study));
}

TEST_F(Edited, TheSourceGoesIfItIsNotToBeKept) {
  const auto told =
      post("studies", "modify", R"({"Replace":{"StudyDescription":"other"},"KeepSource":false})")
          .json();

  EXPECT_EQ(served.get("/studies/" + id(Level::study)).status, 404);
  EXPECT_THAT(datasets_below(Level::study, told["ID"].asString()), SizeIs(2));
  EXPECT_EQ(served.store_->statistics()->instances, 2);
}

TEST_F(Edited, NullKeepsTheSource) {
  EXPECT_EQ(
      post("studies", "modify", R"({"Replace":{"StudyDescription":"o"},"KeepSource":null})").status,
      200);

  EXPECT_EQ(served.store_->statistics()->instances, 4);
}

TEST_F(Edited, ASeriesIsModifiedInItsStudy) {
  const auto told = post("series", "modify", R"({"Replace":{"SeriesDescription":"other"}})").json();

  EXPECT_EQ(told["Type"], "Series");
  EXPECT_THAT(datasets_below(Level::series, told["ID"].asString()), SizeIs(2));
  EXPECT_THAT(datasets_below(Level::study, id(Level::study)), SizeIs(4));
}

TEST_F(Edited, APatientIsModifiedIfThereIsANewIdentifier) {
  const auto without =
      post("patients", "modify", R"({"Replace":{"PatientName":"x"},"Force":true})");
  const auto with = post("patients", "modify", R"({"Replace":{"PatientID":"x"},"Force":true})");

  EXPECT_EQ(without.status, 400);
  EXPECT_EQ(without.json()["OrthancStatus"], 8);
  EXPECT_THAT(without.json()["Details"].asString(), HasSubstr("PatientID"));
  ASSERT_EQ(with.status, 200);
  EXPECT_EQ(with.json()["PatientID"], with.json()["ID"]);
}

TEST_F(Edited, WrongRequestsAreRefusedAtOnce) {
  for (const char* body :
       {R"({"Replace":{"StudyInstanceUID":"1.2.3"}})", R"({"Keep":["SOPInstanceUID"]})",
        R"({"Replace":[]})", R"({"Replace":{"NoSuchTag":"1"}})", R"({"KeepSource":"no"})",
        R"({"Transcode":"1.2.3"})", "[]", "{", R"({"DicomVersion":"1999"})",
        R"({"Synchronous":1})"}) {
    EXPECT_EQ(post("studies", "modify", body).status, 400) << body;
    EXPECT_EQ(post("studies", "anonymize", body).status, 400) << body;
  }
  EXPECT_EQ(served.get("/jobs").json().size(), 0u);
  EXPECT_EQ(served.post("/studies/nope/modify", "{}").status, 404);
  EXPECT_EQ(served.post("/studies/" + id(Level::series) + "/anonymize", "{}").status, 404);
}

TEST_F(Edited, AStudyIsAnonymized) {
  const auto told = post("studies", "anonymize", "").json();

  EXPECT_EQ(told["IsAnonymization"], true);
  EXPECT_EQ(told["InstancesCount"], 2);
  const auto made = datasets_below(Level::study, told["ID"].asString());
  ASSERT_THAT(made, SizeIs(2));
  for (const auto& one : made) {
    EXPECT_THAT(one.text_or(tags::PatientName, ""), StartsWith("Anonymized"));
    EXPECT_THAT(one.text_or(tags::PatientID, ""), AllOf(testing::Ne("P1"), testing::Ne("")));
    EXPECT_EQ(one.text_or(tags::PatientID, ""), made[0].text_or(tags::PatientID, ""));
    EXPECT_EQ(one.text_or(tags::PatientIdentityRemoved, ""), "YES");
  }
  EXPECT_EQ(metadata_of(Level::study, told["ID"].asString(), "AnonymizedFrom"), id(Level::study));
  EXPECT_EQ(metadata_of(Level::patient, told["PatientID"].asString(), "AnonymizedFrom"),
            id(Level::patient));
  EXPECT_THAT(changes(ChangeType::anonymized),
              UnorderedElementsAre(Level::series, Level::study, Level::patient));
}

TEST_F(Edited, ReferencesFollow) {
  const auto told = post("studies", "anonymize", "{}").json();

  std::set<std::string> uids;
  std::string referred;
  for (const auto& one : datasets_below(Level::study, told["ID"].asString())) {
    uids.insert(one.text_or(tags::SOPInstanceUID, ""));
    if (const auto* item = one.item({0x0008, 0x1140}))
      referred = item->text_or({0x0008, 0x1155}, "");
  }
  EXPECT_NE(referred, "1.2.3.1");
  EXPECT_THAT(uids, Contains(referred));
}

TEST_F(Edited, BySecretJobsAgree) {
  const auto once = post("studies", "anonymize", "{}").json();
  const auto again = post("studies", "anonymize", "{}").json();
  served.restart_with([](Services& services) { services.deidentify_secret = "a secret"; });
  const auto first = post("studies", "anonymize", "{}").json();
  const auto second = post("studies", "anonymize", "{}").json();

  EXPECT_NE(once["PatientID"], again["PatientID"]);
  EXPECT_NE(once["ID"], again["ID"]);
  EXPECT_NE(first["PatientID"], once["PatientID"]);
  EXPECT_EQ(first["PatientID"], second["PatientID"]);
  EXPECT_EQ(first["ID"], second["ID"]);
  EXPECT_EQ(second["FailedInstancesCount"], 0);
}

TEST_F(Edited, OfAnInstanceTheFileIsAnswered) {
  const auto modified = post("instances", "modify", R"({"Replace":{"PatientName":"NEW"}})");
  const auto anonymized = post("instances", "anonymize", "{}");

  ASSERT_EQ(modified.status, 200);
  EXPECT_THAT(modified.headers, HasSubstr("Content-Type: application/dicom\r\n"));
  EXPECT_EQ(dataset_of(modified.body).text_or(tags::PatientName, ""), "NEW");
  EXPECT_NE(dataset_of(modified.body).text_or(tags::SOPInstanceUID, ""), "1.2.3.1");
  EXPECT_THAT(dataset_of(anonymized.body).text_or(tags::PatientName, ""), StartsWith("Anonymized"));
  EXPECT_EQ(served.store_->statistics()->instances, 2) << "nothing is stored";
  EXPECT_EQ(post("instances", "modify", R"({"Replace":{"SOPInstanceUID":"1.2"}})").status, 400);
  EXPECT_EQ(served.post("/instances/" + id(Level::study) + "/modify", "{}").status, 404);
}

TEST_F(Edited, ManyPatientsHaveManyPseudonyms) {
  const auto other = served.store_.add(make_dicom().patient("P2", "B"));
  const auto resources = R"({"Resources":[")" + id(Level::study) + R"(",")" +
                         ResourceId::of(Level::series, other.uids).str() + R"("]})";

  const auto told = served.post("/tools/bulk-anonymize", resources).json();

  EXPECT_EQ(told["InstancesCount"], 3);
  std::map<std::string, int> counts;
  for (const auto& one : told["Resources"]) {
    ++counts[one["Type"].asString()];
    EXPECT_EQ(served.get(one["Path"].asString()).status, 200) << one["Path"];
  }
  EXPECT_EQ(counts, (std::map<std::string, int>{
                        {"Instance", 3}, {"Series", 2}, {"Study", 2}, {"Patient", 2}}));
}

TEST_F(Edited, InBulkTheLevelIsThatOfInstances) {
  const auto told =
      served
          .post("/tools/bulk-modify", R"({"Replace":{"SeriesDescription":"x"},"Resources":[")" +
                                          id(Level::series) + "\"]}")
          .json();

  EXPECT_EQ(told["InstancesCount"], 2);
  EXPECT_EQ(told["Resources"].size(), 5u);
  EXPECT_THAT(datasets_below(Level::series, id(Level::series)), SizeIs(4));
  EXPECT_EQ(served.post("/tools/bulk-modify", R"({"Resources":[]})").json()["Resources"].size(),
            0u);
  EXPECT_EQ(served.post("/tools/bulk-modify", R"({"Resources":["nope"]})").status, 404);
  EXPECT_EQ(served.post("/tools/bulk-modify", "{}").status, 400);
}

TEST_F(Edited, AStudyIsMergedIntoAnother) {
  const auto target = served.store_.add(
      make_dicom().patient("P2", "TARGET").set(tags::StudyDescription, "of the target"));
  const auto target_id = ResourceId::of(Level::study, target.uids).str();

  const auto answer = served.post("/studies/" + target_id + "/merge",
                                  R"({"Resources":[")" + id(Level::study) + "\"]}");

  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json()["TargetStudy"], target_id);
  EXPECT_EQ(answer.json()["InstancesCount"], 2);
  const auto all = datasets_below(Level::study, target_id);
  ASSERT_THAT(all, SizeIs(3));
  for (const auto& one : all) EXPECT_EQ(one.text_or(tags::StudyDescription, ""), "of the target");
  EXPECT_EQ(served.get("/patients/" + id(Level::patient)).status, 404) << "merging moves";
  EXPECT_EQ(metadata_of(Level::study, target_id, "ModifiedFrom"), "");
}

TEST_F(Edited, NonsenseIsNotMerged) {
  const auto merge = [&](const std::string& body) { return post("studies", "merge", body).status; };

  EXPECT_EQ(merge("{}"), 400);
  EXPECT_EQ(merge(R"({"Resources":["nope"]})"), 404);
  EXPECT_EQ(merge(R"({"Resources":[")" + id(Level::study) + "\"]}"), 400);
  EXPECT_EQ(merge(R"({"Resources":[")" + id(Level::series) + "\"]}"), 400);
  EXPECT_EQ(merge(R"({"Resources":[")" + id(Level::patient) + "\"]}"), 400);
  EXPECT_EQ(served.store_->statistics()->instances, 2);
}

TEST_F(Edited, InstancesAreSplitOff) {
  const auto answer = post(
      "studies", "split",
      R"({"Instances":[")" + id(Level::instance) + R"("],"Replace":{"StudyDescription":"new"}})");

  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto told = answer.json();
  const auto made = datasets_below(Level::study, told["TargetStudy"].asString());
  ASSERT_THAT(made, SizeIs(1));
  EXPECT_EQ(made[0].text_or(tags::StudyInstanceUID, ""), told["TargetStudyUID"].asString());
  EXPECT_EQ(made[0].text_or(tags::StudyDescription, ""), "new");
  EXPECT_EQ(made[0].text_or(tags::PatientID, ""), "P1");
  EXPECT_THAT(datasets_below(Level::study, id(Level::study)), SizeIs(1)) << "splitting moves";
}

TEST_F(Edited, NonsenseIsNotSplit) {
  const auto other = served.store_.add(make_dicom());
  const auto split = [&](const std::string& body) { return post("studies", "split", body).status; };

  EXPECT_EQ(split("{}"), 400);
  EXPECT_EQ(split(R"({"Series":["nope"]})"), 404);
  EXPECT_EQ(split(R"({"Series":[")" + ResourceId::of(Level::series, other.uids).str() + "\"]}"),
            400);
  EXPECT_EQ(split(R"({"Replace":{"Modality":"MR"},"Series":[")" + id(Level::series) + "\"]}"), 400);
  EXPECT_EQ(split(R"({"Remove":["StudyInstanceUID"],"Series":[")" + id(Level::series) + "\"]}"),
            400);
}

TEST_F(Edited, OneFailureEndsTheJobAndNothingGoes) {
  served.store_.add(with_number(of_study("1.2.3.3")));

  const auto answer = post("studies", "modify", std::string(kOnlyText) + R"(,"KeepSource":false})");

  EXPECT_EQ(answer.status, 400) << answer.body;
  EXPECT_THAT(datasets_below(Level::study, id(Level::study)), SizeIs(3));
}

TEST_F(Edited, APermissiveJobCountsFailuresAndKeepsTheirSources) {
  served.store_.add(with_number(of_study("1.2.3.3")));

  const auto told = post("studies", "modify",
                         std::string(kOnlyText) + R"(,"KeepSource":false,"Permissive":true})")
                        .json();

  EXPECT_EQ(told["InstancesCount"], 3);
  EXPECT_EQ(told["FailedInstancesCount"], 1);
  EXPECT_THAT(datasets_below(Level::study, id(Level::study)), SizeIs(1));
  EXPECT_THAT(datasets_below(Level::study, told["ID"].asString()), SizeIs(2));
}

TEST_F(Edited, LabelsAreCopiedIfWanted) {
  for (const Level level : {Level::study, Level::series})
    ASSERT_OK(served.store_->labels().add(key(level, id(level)), "seen"));

  const auto with = post("studies", "modify", R"({"KeepLabels":true})").json()["ID"].asString();
  const auto without = post("studies", "modify", "{}").json()["ID"].asString();

  EXPECT_THAT(*served.store_->labels().of(key(Level::study, with)), SizeIs(1));
  EXPECT_THAT(*served.store_->labels().of(key(Level::study, without)), SizeIs(0));
}

TEST_F(Edited, WithAllIdentifiersKeptTheSourceIsReplaced) {
  const auto answer =
      post("studies", "modify",
           R"({"Replace":{"SeriesDescription":"in place"},"Force":true,"KeepSource":false,
                               "Keep":["StudyInstanceUID","SeriesInstanceUID","SOPInstanceUID"]})");

  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json()["ID"], id(Level::study));
  const auto all = datasets_below(Level::study, id(Level::study));
  ASSERT_THAT(all, SizeIs(2));
  for (const auto& one : all) EXPECT_EQ(one.text_or(tags::SeriesDescription, ""), "in place");
  EXPECT_EQ(served.get("/series/" + id(Level::series)).json()["MainDicomTags"]["SeriesDescription"],
            "in place");
}

TEST_F(Edited, AJobMayBeWaitedForElsewhere) {
  const auto answer =
      post("studies", "anonymize", R"({"Synchronous":false,"UserData":"mine"})").json();

  EXPECT_EQ(answer["Path"], "/jobs/" + answer["ID"].asString());
  const auto job = served.wait_for(answer["ID"].asString(), "Success");
  EXPECT_EQ(job["Type"], "ResourceModification");
  EXPECT_EQ(job["Content"]["Type"], "Study");
  EXPECT_EQ(job["UserData"], "mine");
}

TEST_F(Edited, TheTransferSyntaxChangesWhereItCan) {
  EXPECT_EQ(post("studies", "modify", R"({"Transcode":"1.2.840.10008.1.2.4.91"})").status, 415);
  EXPECT_EQ(post("studies", "modify", R"({"Transcode":"1.2.840.10008.1.2.1"})").status, 200)
      << "that it has";
  const auto told = post("series", "modify", R"({"Transcode":"1.2.840.10008.1.2"})").json();
  const auto made = TempStore::require(served.store_->identities(
      key(Level::series, told["ID"].asString()), Level::instance, RowId{}, 1));
  EXPECT_EQ(TempStore::require(served.store_->file(made.at(0).key.row)).transfer_syntax,
            "1.2.840.10008.1.2");
}

TEST_F(Edited, ImagesAreCompressedAndWhatIsNoneStaysAsItIs) {
  constexpr std::string_view kRle = "1.2.840.10008.1.2.5";
  served.store_.add(
      make_dicom().patient("P1", "DOE^JANE").study("1.2.3").series("1.2.3.9").instance("1.2.3.3"));

  const auto told = post("series", "anonymize", R"({"Transcode":"1.2.840.10008.1.2.5"})");

  ASSERT_EQ(told.status, 200) << told.body;
  std::size_t compressed = 0;
  const auto made = TempStore::require(served.store_->identities(
      key(Level::series, told.json()["ID"].asString()), Level::instance, RowId{}, 10));
  for (const auto& one : made)
    compressed +=
        TempStore::require(served.store_->file(one.key.row)).transfer_syntax == kRle ? 1 : 0;
  EXPECT_EQ(made.size(), 3u);
  EXPECT_EQ(compressed, 2u);
}

TEST_F(Edited, TwoStudiesOfAPatientDoNotBecomeOne) {
  const std::string body =
      R"({"Replace":{"PatientID":"x","StudyInstanceUID":"1.2.9"},"Force":true})";

  const auto alone = post("patients", "modify", body);
  served.store_.add(make_dicom().patient("P1", "DOE^JANE").study("1.2.4"));
  const auto of_two = post("patients", "modify", body);

  EXPECT_EQ(alone.status, 200) << alone.body;
  EXPECT_EQ(of_two.status, 400);
  EXPECT_THAT(of_two.json()["Details"].asString(), HasSubstr("StudyInstanceUID"));
}

TEST_F(Edited, AnInstanceIsMergedIntoAStudy) {
  const auto target = served.store_.add(make_dicom().patient("P2", "ROE^JIM").study("1.2.7"));
  const auto target_id = ResourceId::of(Level::study, target.uids).str();

  const auto answer = served.post("/studies/" + target_id + "/merge",
                                  R"({"Resources":[")" + id(Level::instance) + "\"]}");

  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(datasets_below(Level::study, target_id), SizeIs(2));
  EXPECT_THAT(datasets_below(Level::study, id(Level::study)), SizeIs(1));
}

}  // namespace
}  // namespace dcmfs::rest
