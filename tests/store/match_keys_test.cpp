#include "store/find/match_keys.h"

#include <gtest/gtest.h>

#include "tests/support/ok.h"

namespace dcmfs {
namespace {

constexpr Tag kSteps = tags::ScheduledProcedureStepSequence;

Dataset item_of(std::string_view modality, std::string_view aet) {
  Dataset item;
  item.set_text(tags::Modality, modality);
  item.set_text(tags::ScheduledStationAETitle, aet);
  return item;
}

Dataset worklist_item() {
  Dataset dataset;
  dataset.character_set = CharacterSet::utf8();
  dataset.set_text(tags::PatientName, "MÜLLER^ANNA");
  dataset.add_item(kSteps) = item_of("CT", "CT1");
  dataset.add_item(kSteps) = item_of("MR", "MR1");
  return dataset;
}

std::vector<MatchKey> keys_of(const Dataset& identifier) {
  auto keys = parse_keys(identifier, {});
  EXPECT_OK(keys);
  return keys ? *keys : std::vector<MatchKey>();
}

TEST(MatchKeys, ASequenceMatchesIfOneItemHasAllOfIt) {
  struct Case {
    std::string_view modality, aet;
    bool matches;
  };
  const Case kCases[] = {{"CT", "CT1", true},  {"MR", "", true},  {"", "", true},
                         {"CT", "MR1", false}, {"US", "", false}, {"", "?R1", true}};
  for (const auto& [modality, aet, expected] : kCases) {
    Dataset identifier;
    identifier.add_item(kSteps) = item_of(modality, aet);

    EXPECT_EQ(matches(keys_of(identifier), worklist_item()), expected) << modality << " " << aet;
  }
}

TEST(MatchKeys, OnlyTheItemsThatMatchAreAnsweredWithWhatWasAskedFor) {
  Dataset identifier;
  identifier.add_item(kSteps).set_text(tags::Modality, "MR");

  const Dataset answer = selected(keys_of(identifier), worklist_item());

  ASSERT_EQ(answer.find(kSteps)->items.size(), 1u);
  EXPECT_EQ(answer.item(kSteps)->text(tags::Modality), "MR");
  EXPECT_FALSE(answer.item(kSteps)->contains(tags::ScheduledStationAETitle));
}

TEST(MatchKeys, ASequenceWithoutAnItemOrWithAnEmptyOneIsAnsweredWhole) {
  Dataset without, with_empty;
  Element sequence;
  sequence.tag = kSteps;
  sequence.vr = Vr::SQ;
  without.set(sequence);
  with_empty.add_item(kSteps);
  for (const Dataset& identifier : {without, with_empty}) {
    const Dataset answer = selected(keys_of(identifier), worklist_item());

    ASSERT_EQ(answer.find(kSteps)->items.size(), 2u);
    EXPECT_EQ(answer.item(kSteps, 1)->text(tags::ScheduledStationAETitle), "MR1");
  }
}

TEST(MatchKeys, AUniversalSequenceMatchesWhereThereIsNone) {
  Dataset identifier;
  identifier.add_item(kSteps).set_text(tags::Modality, "");

  EXPECT_TRUE(matches(keys_of(identifier), Dataset()));
  EXPECT_TRUE(selected(keys_of(identifier), Dataset()).contains(kSteps)) << "empty, but there";
}

TEST(MatchKeys, SequencesStandInSequences) {
  Dataset dataset;
  dataset.add_item(kSteps).add_item(tags::RequestAttributesSequence).set_text(tags::PatientID, "7");
  Dataset wanted, other;
  wanted.add_item(kSteps).add_item(tags::RequestAttributesSequence).set_text(tags::PatientID, "7");
  other.add_item(kSteps).add_item(tags::RequestAttributesSequence).set_text(tags::PatientID, "8");

  EXPECT_TRUE(matches(keys_of(wanted), dataset));
  EXPECT_FALSE(matches(keys_of(other), dataset));
}

TEST(MatchKeys, KeysAreDecodedByTheSetOfTheRequest) {
  Dataset identifier;
  identifier.set_text(tags::SpecificCharacterSet, "ISO_IR 100");
  identifier.set_text(tags::PatientName, "M\xdcLLER*");

  const auto keys = keys_of(identifier);

  ASSERT_EQ(keys.size(), 1u) << "SpecificCharacterSet is no key";
  EXPECT_TRUE(matches(keys, worklist_item()));
  EXPECT_EQ(selected(keys, worklist_item()).find(tags::PatientName)->value, "MÜLLER^ANNA");
}

TEST(MatchKeys, APrivateAttributeIsFoundInTheBlockOfItsCreator) {
  Dataset stored;
  stored.set_text({0x0009, 0x0010}, Vr::LO, "SOMEBODY ELSE");
  stored.set_text({0x0009, 0x0011}, Vr::LO, "ACME 1");
  stored.set_text({0x0009, 0x1001}, Vr::LO, "no");
  stored.set_text({0x0009, 0x1101}, Vr::LO, "yes");
  Dataset identifier;
  identifier.set_text({0x0009, 0x0010}, Vr::LO, "ACME 1");
  identifier.set_text({0x0009, 0x1001}, Vr::LO, "y*");

  const auto keys = keys_of(identifier);

  EXPECT_TRUE(matches(keys, stored));
  const Dataset answer = selected(keys, stored);
  EXPECT_EQ(answer.text({0x0009, 0x0010}), "ACME 1");
  EXPECT_EQ(answer.text({0x0009, 0x1001}), "yes");
  EXPECT_FALSE(answer.contains({0x0009, 0x1101}));
}

TEST(MatchKeys, WithoutItsCreatorAPrivateAttributeIsNotSupported) {
  Dataset identifier;
  identifier.set_text({0x0009, 0x1001}, Vr::LO, "y*");

  const auto keys = keys_of(identifier);

  ASSERT_EQ(keys.size(), 1u);
  EXPECT_FALSE(keys[0].is_supported);
  EXPECT_TRUE(keys[0].is_universal());
  EXPECT_TRUE(selected(keys, worklist_item()).empty());
}

TEST(MatchKeys, BulkDataIsNotSupported) {
  Dataset identifier;
  identifier.set_bytes(tags::PixelData, Vr::OW, "ab");

  const auto keys = keys_of(identifier);

  ASSERT_EQ(keys.size(), 1u);
  EXPECT_FALSE(keys[0].is_supported);
}

TEST(MatchKeys, WhatCannotBeMatchedIsRefusedWithoutItsValue) {
  struct Case {
    Tag tag;
    std::string_view value;
  };
  for (const auto& [tag, value] :
       {Case{tags::StudyDate, "SECRET"}, Case{tags::StudyInstanceUID, "1.2*"},
        Case{tags::StudyTime, "99"}, Case{tags::SeriesNumber, "1?"}}) {
    Dataset identifier;
    identifier.set_text(tag, value);

    const auto keys = parse_keys(identifier, {});

    ASSERT_FALSE(keys) << keyword_of(tag);
    EXPECT_EQ(keys.error().code, Errc::invalid_argument);
    EXPECT_NE(keys.error().message.find(keyword_of(tag)), std::string::npos);
    EXPECT_EQ(keys.error().message.find(value), std::string::npos);
  }
}

TEST(MatchKeys, ASequenceKeyHasOneItem) {
  Dataset identifier;
  identifier.add_item(kSteps);
  identifier.add_item(kSteps);

  const auto keys = parse_keys(identifier, {});

  ASSERT_FALSE(keys);
  EXPECT_EQ(keys.error().code, Errc::invalid_argument);
}

TEST(MatchKeys, ThereAreLimits) {
  Dataset deep;
  Dataset* at = &deep;
  for (int i = 0; i <= kKeyDepthMax; ++i) at = &at->add_item(kSteps);
  at->set_text(tags::PatientID, "1");
  Dataset wide;
  for (std::size_t i = 0; i <= kKeysMax; ++i)
    wide.set_text({0x0011, static_cast<std::uint16_t>(0x1000 + i)}, Vr::LO, "");
  for (const Dataset& identifier : {deep, wide}) {
    const auto keys = parse_keys(identifier, {});

    ASSERT_FALSE(keys);
    EXPECT_EQ(keys.error().code, Errc::too_large);
  }
}

}  // namespace
}  // namespace dcmfs
