#include "store/dicom/modify.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/dicom/edited_file.h"
#include "tests/support/make_dicom.h"

namespace dcmfs {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr Tag kIdentifierTags[] = {tags::PatientID, tags::StudyInstanceUID, tags::SeriesInstanceUID,
                                   tags::SOPInstanceUID};

DicomBuilder slice() {
  DicomBuilder builder = make_dicom();
  builder.patient("17", "DOE^JOHN").study("1.2.1").series("1.2.2").instance("1.2.3");
  return builder;
}

EditRequest request(std::string_view json) {
  auto parsed = read_edit_request(json);
  EXPECT_OK(parsed);
  return parsed ? *std::move(parsed) : EditRequest();
}

EditedFile modified(EditLevel level, std::string_view json, const DicomBuilder& builder = slice()) {
  const auto how =
      Modification::modify({.level = level}, request(json), UidMap::from_secret("test"));
  EXPECT_OK(how);
  return how ? edited(builder.bytes(), how->edit_of(builder.dataset())) : EditedFile();
}

// Which of the four identifiers stayed, as "PESI" with '-' for the new ones.
std::string kept_identifiers(const EditedFile& after) {
  const DicomBuilder before = slice();
  std::string kept;
  for (std::size_t i = 0; i < 4; ++i) {
    const Tag tag = kIdentifierTags[i];
    kept += after->text(tag) == before.dataset().text(tag) ? "PESI"[i] : '-';
  }
  return kept;
}

std::string refusal(EditLevel level, std::string_view json, std::int64_t instances = 1) {
  const auto how = Modification::modify({.level = level, .instances = instances}, request(json),
                                        UidMap::random());
  return how ? "" : how.error().message;
}

TEST(Modify, WhatIsAboveTheLevelStays) {
  EXPECT_EQ(kept_identifiers(
                modified(EditLevel::patient, R"({"Replace": {"PatientID": "18"}, "Force": true})")),
            "----");
  EXPECT_EQ(kept_identifiers(modified(EditLevel::study, "{}")), "P---");
  EXPECT_EQ(kept_identifiers(modified(EditLevel::series, "")), "PE--");
  EXPECT_EQ(kept_identifiers(modified(EditLevel::instance, "{}")), "PES-");
}

TEST(Modify, ReplacingAnIdentifierMakesNewWhatIsBelow) {
  EXPECT_EQ(kept_identifiers(modified(EditLevel::instance,
                                      R"({"Replace": {"PatientID": "18"}, "Force": true})")),
            "----");
  EXPECT_EQ(kept_identifiers(modified(
                EditLevel::instance, R"({"Replace": {"StudyInstanceUID": "1.3"}, "Force": true})")),
            "P---");
  EXPECT_EQ(
      kept_identifiers(modified(EditLevel::instance,
                                R"({"Replace": {"SeriesInstanceUID": "1.3"}, "Force": true})")),
      "PE--");
  EXPECT_EQ(kept_identifiers(
                modified(EditLevel::series, R"({"Replace": {"PatientID": "18"}, "Force": true})")),
            "----");
}

TEST(Modify, IdentifiersAreKeptWhereThatIsForced) {
  EXPECT_EQ(kept_identifiers(
                modified(EditLevel::study, R"({"Keep": ["SOPInstanceUID"], "Force": true})")),
            "P--I");
  EXPECT_EQ(kept_identifiers(
                modified(EditLevel::study,
                         R"({"Keep": ["StudyInstanceUID", "SeriesInstanceUID"], "Force": true})")),
            "PES-");
  EXPECT_EQ(
      kept_identifiers(modified(EditLevel::patient,
                                R"({"Keep": ["PatientID", "StudyInstanceUID"], "Force": true})")),
      "PE--");
}

TEST(Modify, OneMapMakesTheSameOfTheSame) {
  const auto how = Modification::modify({.level = EditLevel::study}, request(""), UidMap::random());
  ASSERT_OK(how);
  DicomBuilder first = slice(), second = slice().instance("1.2.4");

  const auto one = edited(first.bytes(), how->edit_of(first.dataset()));
  const auto two = edited(second.bytes(), how->edit_of(second.dataset()));

  EXPECT_EQ(one->text(tags::StudyInstanceUID), two->text(tags::StudyInstanceUID));
  EXPECT_EQ(one->text(tags::SeriesInstanceUID), two->text(tags::SeriesInstanceUID));
  EXPECT_NE(one->text(tags::SOPInstanceUID), two->text(tags::SOPInstanceUID));
}

TEST(Modify, IdentifiersNeedForce) {
  for (const Tag tag : kIdentifierTags) {
    const std::string name = keyword_of(tag);
    EXPECT_THAT(refusal(EditLevel::study, "{\"Replace\": {\"" + name + "\": \"1.2\"}}"),
                AllOf(StartsWith(name), HasSubstr("Force")));
    EXPECT_THAT(refusal(EditLevel::study, "{\"Keep\": [\"" + name + "\"]}"),
                AllOf(StartsWith(name), HasSubstr("Force")));
  }
}

TEST(Modify, IdentifiersCannotBeLost) {
  for (const Tag tag : kIdentifierTags) {
    const std::string name = keyword_of(tag);
    for (const std::string key : {"Remove", "Clear"})
      EXPECT_THAT(
          refusal(EditLevel::study, "{\"" + key + "\": [\"" + name + "\"], \"Force\": true}"),
          StartsWith(name));
    EXPECT_THAT(
        refusal(EditLevel::study, "{\"Replace\": {\"" + name + "\": \"\"}, \"Force\": true}"),
        StartsWith(name));
  }
}

TEST(Modify, APatientNeedsANewPatientId) {
  EXPECT_THAT(refusal(EditLevel::patient, R"({"Replace": {"PatientName": "X"}})"),
              StartsWith("PatientID"));
}

TEST(Modify, SeveralInstancesAreNotMadeOne) {
  constexpr std::string_view kRequest = R"({"Replace": {"SOPInstanceUID": "1.2"}, "Force": true})";

  EXPECT_EQ(refusal(EditLevel::series, kRequest, 1), "");
  EXPECT_THAT(refusal(EditLevel::series, kRequest, 2), StartsWith("SOPInstanceUID"));
}

DicomBuilder referring_slice() {
  DicomBuilder builder = slice();
  Dataset& series = builder.dataset().add_item(tags::ReferencedSeriesSequence);
  series.set_text(tags::SeriesInstanceUID, "1.2.20");
  for (const std::string_view uid : {"1.2.30", "1.2.99"})
    series.add_item(tags::ReferencedSOPSequence).set_text(tags::ReferencedSOPInstanceUID, uid);
  builder.set(tags::FrameOfReferenceUID, "1.2.7");
  return builder;
}

TEST(Modify, ReferencesToMembersFollowAndOthersStay) {
  EditScope scope{.level = EditLevel::study, .instances = 2, .members = {}};
  scope.members = {{"1.2.1", EditLevel::study},
                   {"1.2.2", EditLevel::series},
                   {"1.2.20", EditLevel::series},
                   {"1.2.3", EditLevel::instance},
                   {"1.2.30", EditLevel::instance}};
  const UidMap uids = UidMap::from_secret("test");
  const auto how = Modification::modify(scope, request(""), uids);
  ASSERT_OK(how);
  const DicomBuilder before = referring_slice();

  const auto after = edited(before.bytes(), how->edit_of(before.dataset()));

  const Dataset* series = after->item(tags::ReferencedSeriesSequence);
  EXPECT_EQ(series->text(tags::SeriesInstanceUID), uids("1.2.20"));
  EXPECT_EQ(series->item(tags::ReferencedSOPSequence, 0)->text(tags::ReferencedSOPInstanceUID),
            uids("1.2.30"));
  EXPECT_EQ(series->item(tags::ReferencedSOPSequence, 1)->text(tags::ReferencedSOPInstanceUID),
            "1.2.99");
  EXPECT_EQ(after->text(tags::FrameOfReferenceUID), "1.2.7");
  EXPECT_EQ(after->text(tags::SOPClassUID), before.dataset().text(tags::SOPClassUID));
}

TEST(Modify, ReferencesKnowWhatIsReplacedAndWhatIsKept) {
  EditScope scope{.level = EditLevel::study, .instances = 2, .members = {}};
  scope.members = {{"1.2.20", EditLevel::series}, {"1.2.30", EditLevel::instance}};
  const auto how = Modification::modify(
      scope,
      request(
          R"({"Replace": {"SeriesInstanceUID": "1.9"}, "Keep": ["SOPInstanceUID"], "Force": true})"),
      UidMap::random());
  ASSERT_OK(how);
  const DicomBuilder before = referring_slice();

  const auto after = edited(before.bytes(), how->edit_of(before.dataset()));

  const Dataset* series = after->item(tags::ReferencedSeriesSequence);
  EXPECT_EQ(series->text(tags::SeriesInstanceUID), "1.9");
  EXPECT_EQ(series->item(tags::ReferencedSOPSequence)->text(tags::ReferencedSOPInstanceUID),
            "1.2.30");
}

TEST(Modify, AnInstanceWithoutANameGetsOne) {
  DicomBuilder builder = slice();
  builder.erase(tags::SOPInstanceUID).erase(tags::SeriesInstanceUID);
  const auto how = Modification::modify({.level = EditLevel::study}, request(""), UidMap::random());
  ASSERT_OK(how);

  const Edit edit = how->edit_of(builder.dataset());

  EXPECT_TRUE(std::ranges::any_of(edit.replace, [](const Edit::Replacement& one) {
    return one.path.tag == tags::SOPInstanceUID;
  }));
  EXPECT_FALSE(std::ranges::any_of(edit.replace, [](const Edit::Replacement& one) {
    return one.path.tag == tags::SeriesInstanceUID;
  }));
}

// -- requests

TEST(EditRequest, IsReadAsClientsWriteIt) {
  const EditRequest read = request(R"({
      "Replace": {"PatientName": "A^B", "0010-1030": "70", "OtherPatientIDsSequence[0].PatientID": "1"},
      "Remove": ["StudyDescription", "0008,1070"], "Keep": ["SeriesDescription"], "Clear": ["StudyID"],
      "Force": true, "RemovePrivateTags": true, "KeepPrivateTags": false, "DicomVersion": "2017c",
      "Synchronous": false, "KeepSource": "whatever others mean by it"})");

  EXPECT_EQ(read.replace.size(), 3u);
  ASSERT_EQ(read.remove.size(), 2u);
  EXPECT_EQ(read.remove[1].tag, (Tag{0x0008, 0x1070}));
  EXPECT_EQ(read.keep.size(), 1u);
  EXPECT_EQ(read.clear.size(), 1u);
  EXPECT_TRUE(read.force);
  EXPECT_TRUE(read.remove_private_tags);
  EXPECT_FALSE(read.keep_private_tags);
  EXPECT_EQ(read.edition, ProfileEdition::e2017c);
}

TEST(EditRequest, WithoutABodyAsksForNothing) {
  EXPECT_TRUE(request("").replace.empty());
  EXPECT_TRUE(request(" \n").replace.empty());
  EXPECT_EQ(request("{}").edition, ProfileEdition::e2023b);
}

TEST(EditRequest, WhatIsWrongIsNamedAndNotShown) {
  const std::pair<std::string_view, std::string_view> kBad[] = {
      {"[]", "object"},
      {"SECRET", "JSON"},
      {R"({"Replace": ["SECRET"]})", "Replace"},
      {R"({"Replace": {"PatientNam": "SECRET"}})", "PatientNam"},
      {R"({"Replace": {"PatientBirthDate": "SECRET"}})", "PatientBirthDate"},
      {R"({"Replace": {"PatientName": "SECRET", "0010,0010": "SECRET"}})", "twice"},
      {R"({"Remove": "SECRET"})", "Remove"},
      {R"({"Remove": [1]})", "Remove"},
      {R"({"Keep": {"SECRET": 1}})", "Keep"},
      {R"({"Force": "SECRET"})", "Force"},
      {R"({"DicomVersion": "SECRET"})", "DicomVersion"},
      {R"({"DicomVersion": 2008})", "DicomVersion"},
      {R"({"PrivateCreator": 1})", "PrivateCreator"},
  };
  for (const auto& [json, named] : kBad) {
    const auto read = read_edit_request(json);

    ASSERT_FALSE(read) << json;
    EXPECT_EQ(read.error().code, Errc::invalid_argument);
    EXPECT_THAT(read.error().message, HasSubstr(std::string(named))) << json;
    EXPECT_EQ(read.error().message.find("SECRET"), std::string::npos) << read.error().message;
  }
}

TEST(EditRequest, PrivateTagsHaveTheCreatorThatIsTold) {
  constexpr std::string_view kJson = R"({"Replace": {"0029,1001": "x"}, "PrivateCreator": "ACME"})";

  EXPECT_EQ(read_edit_request(kJson, "USUAL")->replace[0].path.private_creator, "ACME");
  EXPECT_EQ(read_edit_request(R"({"Remove": ["0029,1001"]})", "USUAL")->remove[0].private_creator,
            "USUAL");
}

// -- anonymization

EditedFile anonymized(std::string_view json, const DicomBuilder& builder = slice(),
                      EditLevel level = EditLevel::instance) {
  const auto how = Modification::anonymize(
      {.level = level}, request(json), UidMap::from_secret("test"),
      {.patient_id = "new-id", .patient_name = "Anonymized1", .method = "", .options = {}});
  EXPECT_OK(how);
  return how ? edited(builder.bytes(), how->edit_of(builder.dataset())) : EditedFile();
}

TEST(Anonymize, EverythingIsNewAtEveryLevel) {
  for (const EditLevel level :
       {EditLevel::patient, EditLevel::study, EditLevel::series, EditLevel::instance}) {
    const auto after = anonymized("", slice(), level);

    EXPECT_EQ(kept_identifiers(after), "----");
    EXPECT_EQ(after->text(tags::PatientID), "new-id");
    EXPECT_EQ(after->text(tags::PatientName), "Anonymized1");
    EXPECT_EQ(after->text(tags::PatientIdentityRemoved), "YES");
    EXPECT_EQ(after->text(tags::StudyDate), "");
    EXPECT_EQ(after.file.meta.text(tags::MediaStorageSOPInstanceUID),
              after->text(tags::SOPInstanceUID));
  }
}

TEST(Anonymize, WhatTheRequestSaysGoesFirst) {
  const auto after = anonymized(
      R"({"Replace": {"PatientID": "mine", "PatientName": "Mine", "StudyDescription": "Trial"},
          "Keep": ["StudyDate"], "Remove": ["AccessionNumber"], "Force": true})");

  EXPECT_EQ(after->text(tags::PatientID), "mine");
  EXPECT_EQ(after->text(tags::PatientName), "Mine");
  EXPECT_EQ(after->text(tags::StudyDescription), "Trial");
  EXPECT_EQ(after->text(tags::StudyDate), "20040119");
  EXPECT_FALSE(after->contains(tags::AccessionNumber));
}

TEST(Anonymize, IdentifiersNeedForceThereToo) {
  for (const std::string_view json :
       {R"({"Replace": {"PatientID": "X"}})", R"({"Keep": ["SOPInstanceUID"]})"}) {
    const auto how = Modification::anonymize({}, request(json), UidMap::random(), {});

    ASSERT_FALSE(how);
    EXPECT_THAT(how.error().message, HasSubstr("Force"));
  }
}

TEST(Anonymize, ReferencesFollowTheSameMap) {
  const UidMap uids = UidMap::from_secret("test");

  const auto after = anonymized("", referring_slice());

  const Dataset* series = after->item(tags::ReferencedSeriesSequence);
  EXPECT_EQ(series->text(tags::SeriesInstanceUID), uids("1.2.20"));
  EXPECT_EQ(series->item(tags::ReferencedSOPSequence)->text(tags::ReferencedSOPInstanceUID),
            uids("1.2.30"));
  EXPECT_EQ(after->text(tags::FrameOfReferenceUID), uids("1.2.7"));
  EXPECT_EQ(after->text(tags::SOPInstanceUID), uids("1.2.3"));
}

TEST(Anonymize, PrivateTagsGoUnlessTheyAreKept) {
  DicomBuilder builder = slice();
  builder.set_bytes({0x0029, 0x0010}, Vr::LO, "ACME");
  builder.set_bytes({0x0029, 0x1001}, Vr::LO, "x ");

  EXPECT_FALSE(anonymized("", builder)->contains({0x0029, 0x0010}));
  EXPECT_EQ(anonymized(R"({"KeepPrivateTags": true})", builder)->text({0x0029, 0x1001}), "x");
  EXPECT_EQ(anonymized(R"({"Keep": ["0029,1001"]})", builder)->text({0x0029, 0x0010}), "ACME");
}

}  // namespace
}  // namespace dcmfs
