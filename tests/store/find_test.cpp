// C-FIND without a network: find_request, find_results and find_answer on a store.
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/find/find_answer.h"
#include "store/find/find_results.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

Dataset at_level(std::string_view level) {
  Dataset identifier;
  identifier.character_set = CharacterSet::utf8();
  identifier.set_text(tags::QueryRetrieveLevel, level);
  return identifier;
}

struct Keys {
  std::vector<std::pair<Tag, std::string_view>> keys;
};

Dataset at_level(std::string_view level, const Keys& of) {
  Dataset identifier = at_level(level);
  for (const auto& [tag, value] : of.keys) identifier.set_text(tag, value);
  return identifier;
}

// Two patients, three studies, four series, five instances.
class Find : public testing::Test {
 protected:
  Find() {
    const auto add = [&](std::string_view id, std::string_view name, std::string_view study,
                         std::string_view date, std::string_view time, std::string_view modality,
                         std::string_view series, std::string_view sop) {
      auto dicom = make_dicom().patient(id, name).study(study).series(series).instance(sop);
      dicom.modality(modality).set(tags::StudyDate, date).set(tags::StudyTime, time);
      dicom.set(tags::SpecificCharacterSet, "ISO_IR 192").set(tags::SliceThickness, "2.5");
      dicom.set(tags::StudyDescription, "Kopf").set(tags::InstanceNumber, "3");
      dicom.dataset()
          .add_item(tags::RequestAttributesSequence)
          .set_text(tags::RequestedProcedureID, sop);
      store_.add(dicom);
    };
    add("P1", "MÜLLER^ANNA", "1.1", "20240101", "080000", "CT", "1.1.1", "1.1.1.1");
    add("P1", "MÜLLER^ANNA", "1.1", "20240101", "080000", "CT", "1.1.1", "1.1.1.2");
    add("P1", "MÜLLER^ANNA", "1.1", "20240101", "080000", "SR", "1.1.2", "1.1.2.1");
    add("P1", "MÜLLER^ANNA", "1.2", "20240102", "030000", "MR", "1.2.1", "1.2.1.1");
    add("P2", "DOE^JOHN", "2.1", "20240103", "200000", "CT", "2.1.1", "2.1.1.1");
  }

  FindRequest request(const Dataset& identifier, FindModel model = FindModel::patient_root,
                      const FindNegotiation& negotiated = {}) {
    auto parsed = parse_find_request(identifier, model, negotiated);
    EXPECT_OK(parsed);
    return parsed ? *parsed : FindRequest();
  }

  std::vector<Dataset> answers(const FindRequest& of, std::int64_t limit = 0,
                               std::int64_t offset = 0) {
    std::vector<Dataset> all;
    auto end = find_results(*store_, of, {.aet = "DCMFS", .offset = offset, .results_max = limit},
                            [&](const Dataset& answer) {
                              all.push_back(answer);
                              return true;
                            });
    EXPECT_OK(end);
    if (end) end_ = *end;
    return all;
  }

  // The values of one attribute in all answers.
  std::vector<std::string> values(Tag tag, const FindRequest& of) {
    std::vector<std::string> all;
    for (const Dataset& answer : answers(of)) all.push_back(answer.text_or(tag, ""));
    std::ranges::sort(all);
    return all;
  }
  std::vector<std::string> values(Tag tag, const Dataset& identifier) {
    return values(tag, request(identifier));
  }

  TempStore store_{{.durability = Durability::relaxed}};
  FindEnd end_ = FindEnd::complete;
};

TEST_F(Find, EachLevelAnswersItsUniqueKey) {
  EXPECT_THAT(values(tags::PatientID, at_level("PATIENT")), ElementsAre("P1", "P2"));
  EXPECT_THAT(values(tags::StudyInstanceUID, at_level("STUDY")), ElementsAre("1.1", "1.2", "2.1"));
  EXPECT_THAT(values(tags::SeriesInstanceUID, at_level("SERIES")),
              ElementsAre("1.1.1", "1.1.2", "1.2.1", "2.1.1"));
  EXPECT_THAT(values(tags::SOPInstanceUID, at_level("IMAGE")),
              ElementsAre("1.1.1.1", "1.1.1.2", "1.1.2.1", "1.2.1.1", "2.1.1.1"));
}

// Which studies match a key of which value.
TEST_F(Find, KeysMatchAsTheStandardSays) {
  struct Case {
    Tag tag;
    std::string_view value;
    std::vector<std::string> studies;
  };
  const Case kCases[] = {
      {tags::PatientName, "", {"1.1", "1.2", "2.1"}},
      {tags::PatientName, "*", {"1.1", "1.2", "2.1"}},
      {tags::PatientName, "muller*", {"1.1", "1.2"}},
      {tags::PatientName, "DOE^JOHN^^^", {"2.1"}},
      {tags::PatientName, "D?E*", {"2.1"}},
      {tags::PatientName, "*OHN", {"2.1"}},
      {tags::PatientID, "p1", {}},
      {tags::PatientID, "P?", {"1.1", "1.2", "2.1"}},
      {tags::StudyInstanceUID, "1.2\\2.1\\9", {"1.2", "2.1"}},
      {tags::StudyDate, "20240102", {"1.2"}},
      {tags::StudyDate, "20240102-", {"1.2", "2.1"}},
      {tags::StudyDate, "-20240102", {"1.1", "1.2"}},
      {tags::StudyDate, "20240101-20240102", {"1.1", "1.2"}},
      {tags::StudyTime, "03-09", {"1.1", "1.2"}},
      {tags::StudyTime, "20", {"2.1"}},
      {tags::ModalitiesInStudy, "SR", {"1.1"}},
      {tags::ModalitiesInStudy, "MR\\SR", {"1.1", "1.2"}},
      {tags::Modality, "CT", {"1.1", "2.1"}},
      {tags::SeriesInstanceUID, "1.2.1", {"1.2"}},
      {tags::AccessionNumber, "\"\"", {"1.1", "1.2", "2.1"}},
      {tags::PatientName, "\"\"", {}},
      {tags::NumberOfStudyRelatedInstances, "3", {"1.1"}},
      {tags::SliceThickness, "2.5", {"1.1", "1.2", "2.1"}},
      {tags::SliceThickness, "5", {}},
      {tags::RetrieveAETitle, "ELSEWHERE", {"1.1", "1.2", "2.1"}},
  };
  for (const auto& [tag, value, studies] : kCases) {
    const auto identifier = at_level("STUDY", {{{tag, value}}});

    EXPECT_EQ(values(tags::StudyInstanceUID, identifier), studies)
        << keyword_of(tag) << "=" << value;
  }
}

TEST_F(Find, AllKeysMustMatch) {
  const auto identifier =
      at_level("STUDY", {{{tags::PatientName, "M*"}, {tags::ModalitiesInStudy, "MR"}}});

  EXPECT_THAT(values(tags::StudyInstanceUID, identifier), ElementsAre("1.2"));
}

TEST_F(Find, SequencesAreMatchedByTheirFiles) {
  Dataset identifier = at_level("IMAGE");
  identifier.add_item(tags::RequestAttributesSequence)
      .set_text(tags::RequestedProcedureID, "1.1.1.2");

  const auto found = answers(request(identifier));

  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].text(tags::SOPInstanceUID), "1.1.1.2");
  EXPECT_EQ(found[0].item(tags::RequestAttributesSequence)->text(tags::RequestedProcedureID),
            "1.1.1.2");
}

TEST_F(Find, OnlyWhatWasAskedForIsAnswered) {
  const auto identifier =
      at_level("STUDY", {{{tags::PatientName, "DOE*"}, {tags::AccessionNumber, ""}}});

  const auto found = answers(request(identifier));

  ASSERT_EQ(found.size(), 1u);
  std::vector<std::string> keywords;
  for (const Element& element : found[0]) keywords.push_back(keyword_of(element.tag));
  EXPECT_THAT(keywords, ElementsAre("AccessionNumber", "QueryRetrieveLevel", "RetrieveAETitle",
                                    "PatientName", "StudyInstanceUID"));
  EXPECT_EQ(found[0].text(tags::AccessionNumber), "");
  EXPECT_EQ(found[0].text(tags::QueryRetrieveLevel), "STUDY");
  EXPECT_EQ(found[0].text(tags::RetrieveAETitle), "DCMFS");
}

TEST_F(Find, ValuesComeFromTheIndexFromCountingAndFromFiles) {
  const auto identifier = at_level("STUDY", {{{tags::StudyInstanceUID, "1.1"},
                                              {tags::StudyDate, ""},
                                              {tags::ModalitiesInStudy, ""},
                                              {tags::Modality, ""},
                                              {tags::SOPClassesInStudy, ""},
                                              {tags::NumberOfStudyRelatedSeries, ""},
                                              {tags::NumberOfStudyRelatedInstances, ""},
                                              {tags::NumberOfPatientRelatedStudies, ""},
                                              {tags::InstanceAvailability, ""},
                                              {tags::SliceThickness, ""},
                                              {tags::PatientComments, ""}}});
  const auto of = request(identifier);

  const auto found = answers(of);

  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(of.all_supported);
  const Dataset& answer = found[0];
  EXPECT_EQ(answer.text(tags::StudyDate), "20240101");
  EXPECT_EQ(answer.text(tags::ModalitiesInStudy), "CT\\SR");
  EXPECT_EQ(answer.text(tags::Modality), "CT\\SR");
  EXPECT_NE(answer.text_or(tags::SOPClassesInStudy, ""), "");
  EXPECT_EQ(answer.text(tags::NumberOfStudyRelatedSeries), "2");
  EXPECT_EQ(answer.text(tags::NumberOfStudyRelatedInstances), "3");
  EXPECT_EQ(answer.text(tags::NumberOfPatientRelatedStudies), "2");
  EXPECT_EQ(answer.text(tags::InstanceAvailability), "ONLINE");
  EXPECT_EQ(answer.text(tags::SliceThickness), "2.5");
  EXPECT_EQ(answer.text(tags::PatientComments), "") << "nobody knows";
}

TEST_F(Find, FilesAreReadOnlyWhenTheyMustBe) {
  EXPECT_FALSE(
      request(at_level("IMAGE", {{{tags::PatientName, "A*"}, {tags::Rows, ""}}})).reads_dataset);
  EXPECT_TRUE(request(at_level("IMAGE", {{{tags::SliceThickness, ""}}})).reads_dataset);
}

// PS3.4 C.2.2.1.3
TEST_F(Find, WhatIsNotSupportedIsLeftOutAndTold) {
  for (const Tag tag :
       {tags::SeriesDescription, tags::SOPInstanceUID, tags::NumberOfSeriesRelatedInstances}) {
    const auto of = request(at_level("STUDY", {{{tag, ""}}}));

    EXPECT_FALSE(of.all_supported) << keyword_of(tag);
    for (const Dataset& answer : answers(of)) EXPECT_FALSE(answer.contains(tag)) << keyword_of(tag);
  }
  EXPECT_TRUE(request(at_level("SERIES", {{{tags::SeriesDescription, ""}}})).all_supported);
  EXPECT_FALSE(request(at_level("STUDY", {{{tags::RetrieveAETitle, "X"}}})).all_supported)
      << "not matched";
}

TEST_F(Find, TheTransferSyntaxIsThatOfTheFile) {
  const auto found = answers(request(at_level(
      "IMAGE", {{{tags::SOPInstanceUID, "2.1.1.1"}, {tags::AvailableTransferSyntaxUID, ""}}})));

  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].text(tags::AvailableTransferSyntaxUID), uids::ExplicitVRLittleEndian);
}

TEST_F(Find, TheCharacterSetOfTheRequestIsHonouredBothWays) {
  struct Case {
    std::string_view set, key, answered_set, answered;
  };
  const Case kCases[] = {
      {"ISO_IR 100", "M\xdcLLER*", "ISO_IR 100", "M\xdcLLER^ANNA "},
      {"ISO_IR 192", "MÜLLER*", "ISO_IR 192", "MÜLLER^ANNA"},
      {"ISO_IR 144", "M*", "ISO_IR 192", "MÜLLER^ANNA"},
      {"", "M*", "ISO_IR 192", "MÜLLER^ANNA"},
      {"ISO_IR 144", "DOE*", "", "DOE^JOHN"},
  };
  for (const auto& [set, key, answered_set, answered] : kCases) {
    Dataset identifier;
    if (!set.empty()) identifier.set_text(tags::SpecificCharacterSet, set);
    identifier.set_text(tags::QueryRetrieveLevel, "PATIENT");
    identifier.set_text(tags::PatientName, key);

    const auto found = answers(request(identifier));

    ASSERT_EQ(found.size(), 1u) << set;
    EXPECT_EQ(found[0].text_or(tags::SpecificCharacterSet, ""), answered_set);
    std::string value = found[0].find(tags::PatientName)->value;
    EXPECT_EQ(value.substr(0, answered.size()), answered) << set;
  }
}

TEST_F(Find, AModelHasItsLevels) {
  struct Case {
    FindModel model;
    std::vector<std::string> levels;
  };
  const Case kCases[] = {{FindModel::patient_root, {"PATIENT", "STUDY", "SERIES", "IMAGE"}},
                         {FindModel::study_root, {"STUDY", "SERIES", "IMAGE"}},
                         {FindModel::patient_study_only, {"PATIENT", "STUDY"}}};
  for (const auto& [model, levels] : kCases) {
    for (const char* level : {"PATIENT", "STUDY", "SERIES", "IMAGE", "WORKLIST", ""}) {
      const bool allowed = std::ranges::find(levels, level) != levels.end();
      const auto parsed = parse_find_request(at_level(level), model, {});
      EXPECT_EQ(parsed.ok(), allowed) << level;
      if (!parsed) {
        EXPECT_EQ(parsed.error().code, Errc::invalid_argument);
      }
    }
    EXPECT_FALSE(parse_find_request(Dataset(), model, {}));
  }
}

// PS3.4 C.4.1.2.1
TEST_F(Find, AStrictHierarchyNamesAllLevelsAboveAndNoneBelow) {
  struct Case {
    FindModel model;
    std::string_view level;
    Keys keys;
    bool allowed;
  };
  const auto kPatient = FindModel::patient_root, kStudy = FindModel::study_root;
  const Case kCases[] = {
      {kPatient, "PATIENT", {{{tags::PatientName, "*"}}}, true},
      {kPatient, "STUDY", {{{tags::PatientName, "*"}}}, false},
      {kPatient, "STUDY", {{{tags::PatientID, "P1"}}}, true},
      {kPatient, "STUDY", {{{tags::PatientID, ""}}}, false},
      {kPatient, "STUDY", {{{tags::PatientID, "P*"}}}, false},
      {kPatient, "SERIES", {{{tags::PatientID, "P1"}}}, false},
      {kPatient, "SERIES", {{{tags::PatientID, "P1"}, {tags::StudyInstanceUID, "1.1"}}}, true},
      {kPatient,
       "SERIES",
       {{{tags::PatientID, "P1"}, {tags::StudyInstanceUID, "1.1\\1.2"}}},
       false},
      {kStudy, "STUDY", {{{tags::PatientName, "*"}}}, true},
      {kStudy, "STUDY", {{{tags::SeriesInstanceUID, ""}}}, false},
      {kStudy, "SERIES", {{{tags::StudyInstanceUID, "1.1"}}}, true},
      {kStudy, "IMAGE", {{{tags::StudyInstanceUID, "1.1"}}}, false},
  };
  for (const auto& [model, level, keys, allowed] : kCases) {
    const auto identifier = at_level(level, keys);
    EXPECT_EQ(parse_find_request(identifier, model, {}, Hierarchy::strict).ok(), allowed) << level;
    EXPECT_TRUE(parse_find_request(identifier, model, {}, Hierarchy::liberal)) << level;
    EXPECT_TRUE(parse_find_request(identifier, model, {.relational = true}, Hierarchy::strict))
        << level;
  }
}

TEST_F(Find, CombinedDateTimeMatchingIsAsNegotiated) {
  const auto identifier =
      at_level("STUDY", {{{tags::StudyDate, "20240101-20240102"}, {tags::StudyTime, "07-12"}}});
  const auto found = [&](const FindNegotiation& negotiated) {
    return values(tags::StudyInstanceUID, request(identifier, FindModel::study_root, negotiated));
  };

  EXPECT_THAT(found({}), ElementsAre("1.1"));
  EXPECT_THAT(found({.combined_date_time = true}), ElementsAre("1.1", "1.2"));
}

TEST_F(Find, ACombinedRangeMayEndAtAnEarlierTimeOfDay) {
  const auto parsed = [&](std::string_view dates, std::string_view times,
                          const FindNegotiation& negotiated) {
    return parse_find_request(
        at_level("STUDY", {{{tags::StudyDate, dates}, {tags::StudyTime, times}}}),
        FindModel::study_root, negotiated);
  };
  const FindNegotiation combined{.combined_date_time = true};

  const auto found = parsed("20240101-20240102", "110000-040000", combined);
  ASSERT_OK(found);
  EXPECT_THAT(values(tags::StudyInstanceUID, *found), ElementsAre("1.2"));
  EXPECT_FALSE(parsed("20240101-20240102", "110000-040000", {}));
  EXPECT_FALSE(parsed("20240101-20240101", "110000-040000", combined));
  EXPECT_FALSE(parsed("20240101", "110000-040000", combined));
  EXPECT_FALSE(parsed("", "110000-040000", combined));
}

TEST_F(Find, ARangeInASequenceIsMatchedAlone) {
  Dataset identifier = at_level("STUDY");
  identifier.add_item(tags::RequestAttributesSequence)
      .set_text(tags::ScheduledProcedureStepStartTime, "1100-0400");

  EXPECT_FALSE(parse_find_request(identifier, FindModel::study_root, {.combined_date_time = true}));
}

TEST_F(Find, FuzzyNamesAreAsNegotiated) {
  const auto identifier = at_level("PATIENT", {{{tags::PatientName, "anna mul"}}});

  EXPECT_THAT(values(tags::PatientID, request(identifier)), IsEmpty());
  EXPECT_THAT(
      values(tags::PatientID, request(identifier, FindModel::patient_root, {.fuzzy_names = true})),
      ElementsAre("P1"));
}

TEST_F(Find, TimesAreAdjustedAsNegotiated) {
  store_.add(make_dicom()
                 .patient("P3", "X")
                 .study("3.1")
                 .set(tags::StudyDate, "20240701")
                 .set(tags::StudyTime, "233000")
                 .set(tags::TimezoneOffsetFromUTC, "-0500"));
  const auto identifier =
      at_level("STUDY", {{{tags::StudyDate, "20240702"}, {tags::TimezoneOffsetFromUTC, "+0100"}}});

  EXPECT_THAT(values(tags::StudyInstanceUID, request(identifier)), IsEmpty());
  const auto found = answers(request(identifier, FindModel::study_root, {.timezone = true}));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].text(tags::StudyDate), "20240701") << "in its own zone";
  EXPECT_EQ(found[0].text(tags::TimezoneOffsetFromUTC), "-0500");
}

TEST_F(Find, ALimitIsTold) {
  EXPECT_EQ(answers(request(at_level("IMAGE")), 4).size(), 4u);
  EXPECT_EQ(end_, FindEnd::limited);
  EXPECT_EQ(answers(request(at_level("IMAGE")), 5).size(), 5u);
  EXPECT_EQ(end_, FindEnd::complete);
  EXPECT_EQ(answers(request(at_level("IMAGE")), 0).size(), 5u);
  EXPECT_EQ(end_, FindEnd::complete);
}

TEST_F(Find, APageBeginsWhereTheOneBeforeEnded) {
  Dataset by_dataset = at_level("IMAGE");
  by_dataset.add_item(tags::RequestAttributesSequence).set_text(tags::RequestedProcedureID, "*.*");
  ASSERT_FALSE(request(by_dataset).by_dataset.empty());
  for (const auto& identifier : {at_level("IMAGE"), by_dataset}) {
    SCOPED_TRACE(request(identifier).by_dataset.size());
    const auto uids = [&](std::int64_t limit, std::int64_t offset) {
      std::vector<std::string> found;
      for (const auto& answer : answers(request(identifier), limit, offset))
        found.push_back(answer.text_or(tags::SOPInstanceUID, ""));
      return found;
    };
    const auto all = uids(0, 0);
    ASSERT_EQ(all.size(), 5u);

    EXPECT_EQ(uids(2, 1), std::vector(all.begin() + 1, all.begin() + 3));
    EXPECT_EQ(end_, FindEnd::limited);
    EXPECT_EQ(uids(2, 3), std::vector(all.begin() + 3, all.end()));
    EXPECT_EQ(end_, FindEnd::complete);
    EXPECT_THAT(uids(2, 5), IsEmpty());
  }
}

TEST_F(Find, WhoHasEnoughIsNotToldMore) {
  int told = 0;
  const auto end = find_results(*store_, request(at_level("IMAGE")), {},
                                [&](const Dataset&) { return ++told < 2; });

  ASSERT_OK(end);
  EXPECT_EQ(*end, FindEnd::stopped);
  EXPECT_EQ(told, 2);
}

TEST_F(Find, ASearchInFilesCanBeStoppedBeforeItFindsAnything) {
  int asked = 0;
  const FindOptions options{.aet = "DCMFS", .goes_on = [&] { return ++asked < 3; }};

  const auto end =
      find_results(*store_, request(at_level("IMAGE", {{{tags::SliceThickness, "77"}}})), options,
                   [](const Dataset&) { return true; });

  ASSERT_OK(end);
  EXPECT_EQ(*end, FindEnd::stopped);
  EXPECT_EQ(asked, 3);
}

// PS3.4 C.6.2.1: in the Study Root they are attributes of the study.
TEST_F(Find, WhatIsSaidOfThePatientIsOfTheStudyBelowThePatient) {
  int number = 0;
  for (const auto& [id, name, born] : {std::tuple("P2", "ROE^RICHARD", "19800202"),
                                       {"", "FIRST^ANN", "19500101"},
                                       {"", "SECOND^BOB", "19600202"}}) {
    const std::string study = "7." + std::to_string(++number);
    store_.add(make_dicom()
                   .patient(id, name)
                   .study(study)
                   .series(study + ".1")
                   .instance(study + ".1.1")
                   .set(tags::PatientBirthDate, born)
                   .set(tags::PatientSex, "O"));
  }
  for (const FindModel model : {FindModel::study_root, FindModel::patient_root}) {
    for (const char* level : {"STUDY", "SERIES", "IMAGE"}) {
      const auto found = [&](Tag tag, std::string_view key) {
        return answers(request(
            at_level(level, {{{tag, key},
                              {tags::PatientID, ""},
                              {tags::PatientName, tag == tags::PatientName ? key : ""},
                              {tags::PatientBirthDate, tag == tags::PatientBirthDate ? key : ""},
                              {tags::PatientSex, ""}}}),
            model, {.relational = true}));
      };
      for (const auto& [tag, key, id, name, born] :
           {std::tuple(tags::PatientName, "ROE^RICHARD", "P2", "ROE^RICHARD", "19800202"),
            {tags::PatientName, "*e^rich*", "P2", "ROE^RICHARD", "19800202"},
            {tags::PatientBirthDate, "19800202", "P2", "ROE^RICHARD", "19800202"},
            {tags::PatientName, "SECOND*", "", "SECOND^BOB", "19600202"},
            {tags::PatientName, "*bob", "", "SECOND^BOB", "19600202"},
            {tags::PatientBirthDate, "19600101-19611231", "", "SECOND^BOB", "19600202"}}) {
        const auto told = found(tag, key);
        ASSERT_EQ(told.size(), 1u) << level << ' ' << key;
        EXPECT_EQ(told[0].text_or(tags::PatientID, ""), id);
        EXPECT_EQ(told[0].text_or(tags::PatientName, ""), name);
        EXPECT_EQ(told[0].text_or(tags::PatientBirthDate, ""), born);
        EXPECT_EQ(told[0].text_or(tags::PatientSex, ""), "O");
      }
      EXPECT_THAT(found(tags::PatientName, "DOE*"), testing::SizeIs(1));
    }
  }
  EXPECT_THAT(values(tags::PatientName, at_level("PATIENT", {{{tags::PatientName, ""}}})),
              ElementsAre("DOE^JOHN", "FIRST^ANN", "MÜLLER^ANNA"));
  EXPECT_THAT(values(tags::PatientName, at_level("PATIENT", {{{tags::PatientName, "SECOND*"}}})),
              IsEmpty());
}

TEST_F(Find, TooManyConditionsAreRefused) {
  Dataset identifier = at_level("STUDY");
  for (std::size_t i = 0; i <= kConditionsMax; ++i)
    identifier.set_text({0x3010, static_cast<std::uint16_t>(i + 1)}, Vr::LO, "x");

  const auto parsed = parse_find_request(identifier, FindModel::study_root, {});

  ASSERT_FALSE(parsed);
}

TEST(FindNegotiationBytes, AreAnsweredAsFarAsTheyAreSupported) {
  const std::string all("\1\1\1\1\1\1\1\1", 8);
  EXPECT_EQ(accept_find_negotiation(all), std::string("\1\1\1\1\0\1\1", 7));
  EXPECT_EQ(accept_find_negotiation(std::string("\1", 1)), std::string("\1", 1));
  EXPECT_EQ(accept_find_negotiation(std::string("\0\2\1", 3)), std::string("\0\0\1", 3));
  EXPECT_EQ(accept_find_negotiation(""), "");

  const auto negotiated = FindNegotiation::of(std::string("\0\1\0\1", 4));
  EXPECT_FALSE(negotiated.relational);
  EXPECT_TRUE(negotiated.combined_date_time);
  EXPECT_FALSE(negotiated.fuzzy_names);
  EXPECT_TRUE(negotiated.timezone);
  EXPECT_FALSE(negotiated.empty_values);
}

}  // namespace
}  // namespace dcmfs
