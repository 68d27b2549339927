#include "store/attributes.h"

#include <algorithm>
#include <array>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dcmfs {
namespace {

TEST(Attributes, AreCalledByTheirKeyword) {
  ASSERT_TRUE(dictionary_is_loaded());
  for (const Attribute& attribute : attributes())
    EXPECT_EQ(keyword_of(attribute.tag), attribute.column);
}

TEST(Attributes, StandOncePerLevel) {
  std::set<std::pair<Level, Tag>> seen;
  for (const Attribute& attribute : attributes())
    EXPECT_TRUE(seen.insert({attribute.level, attribute.tag}).second) << attribute.column;
}

TEST(Attributes, OfTheLevelsAreAllTheAttributes) {
  std::size_t count = 0;
  for (const LevelInfo& of : kLevels) {
    for (const Attribute& attribute : attributes(of.level)) EXPECT_EQ(attribute.level, of.level);
    count += attributes(of.level).size();
  }

  EXPECT_EQ(count, attributes().size());
}

TEST(Attributes, HoldWhatTellsSiblingsApart) {
  for (const LevelInfo& of : kLevels) {
    const Attribute* found = find_attribute(of.unique_key);
    ASSERT_NE(found, nullptr) << of.singular;
    EXPECT_EQ(found->level, of.level);
  }
}

// What is indexed is narrowed by Matcher::bounds(), which are true of single values only
// (store/dicom/match.h). None of these has a value multiplicity over 1 (PS3.6).
TEST(Attributes, ThatAreIndexedHaveOneValue) {
  const std::set<Tag> single{tags::PatientID, tags::PatientName,           tags::PatientBirthDate,
                             tags::StudyDate, tags::StudyDescription,      tags::AccessionNumber,
                             tags::Modality,  tags::ReferringPhysicianName};
  for (const Attribute& attribute : attributes())
    if (attribute.search != Search::none) {
      EXPECT_TRUE(single.contains(attribute.tag)) << attribute.column;
    }
}

TEST(Attributes, ThatAreFoldedAreText) {
  const std::set<Vr> text{Vr::LO, Vr::PN, Vr::SH};
  for (const Attribute& attribute : attributes())
    if (is_folded(attribute)) {
      EXPECT_TRUE(text.contains(vr_of(attribute.tag))) << attribute.column;
    }
}

// The index of letters is a table of the level with one column.
TEST(Attributes, OfWhichLettersAreIndexedAreOneOfALevel) {
  for (const LevelInfo& of : kLevels)
    EXPECT_LE(std::ranges::count(attributes(of.level), Search::letters, &Attribute::search), 1);
}

// A level that says it once more is searched as the other is.
TEST(Attributes, OfTwoLevelsAreSearchedAlike) {
  for (const Attribute& attribute : attributes())
    EXPECT_EQ(attribute.search, find_attribute(attribute.tag)->search) << attribute.column;
}

TEST(FindAttribute, FindsTheUpperOfTwoLevels) {
  const Attribute* found = find_attribute(tags::ImageOrientationPatient);

  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->level, Level::series);
}

TEST(FindAttribute, FindsTheNearestThatIsNotBelow) {
  using enum Level;
  struct Case {
    Tag tag;
    std::array<Level, 4> of;  // asked for by the level of the same place
  };
  for (const auto& [tag, of] :
       {Case{tags::PatientID, {patient, patient, patient, patient}},
        Case{tags::PatientName, {patient, study, study, study}},
        Case{tags::PatientSex, {patient, study, study, study}},
        Case{tags::Modality, {series, series, series, series}},
        Case{tags::ImageOrientationPatient, {series, series, series, instance}}}) {
    for (const LevelInfo& asked : kLevels) {
      const Attribute* found = find_attribute(tag, asked.level);
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(found->level, of[index_of(asked.level)]) << found->column << ' ' << asked.singular;
    }
  }
}

TEST(FindAttribute, FindsNothingThatIsNotKept) {
  EXPECT_EQ(find_attribute(tags::PixelData), nullptr);
  EXPECT_EQ(find_attribute(tags::PixelData, Level::instance), nullptr);
  EXPECT_EQ(find_attribute(tags::ModalitiesInStudy), nullptr);
}

TEST(IsComputed, IsSaidOfWhatIsCounted) {
  for (const Tag tag :
       {tags::NumberOfPatientRelatedStudies, tags::NumberOfPatientRelatedSeries,
        tags::NumberOfPatientRelatedInstances, tags::NumberOfStudyRelatedSeries,
        tags::NumberOfStudyRelatedInstances, tags::NumberOfSeriesRelatedInstances,
        tags::ModalitiesInStudy, tags::SOPClassesInStudy, tags::InstanceAvailability}) {
    EXPECT_TRUE(is_computed(tag)) << to_string(tag);
  }
  EXPECT_FALSE(is_computed(tags::Modality));
}

}  // namespace
}  // namespace dcmfs
