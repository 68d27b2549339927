#include "store/dicom/recode.h"

#include <gtest/gtest.h>

namespace dcmfs {
namespace {

constexpr Tag kSequence = tags::RequestAttributesSequence;

TEST(Recode, AsciiAloneNeedsNoCharacterSet) {
  Dataset utf8;
  utf8.set_text(tags::PatientName, "DOE^JOHN");
  utf8.add_item(kSequence).set_text(tags::PatientID, "1");

  const Dataset answer = in_character_set(utf8, "ISO_IR 100");

  EXPECT_FALSE(answer.contains(tags::SpecificCharacterSet));
  EXPECT_EQ(answer.find(tags::PatientName)->value, "DOE^JOHN");
}

TEST(Recode, ThePreferredSetIsUsedIfItHasAllLetters) {
  Dataset utf8;
  utf8.set_text(tags::PatientName, "Müller");
  utf8.add_item(kSequence).set_text(tags::ScheduledProcedureStepDescription, "Schädel");

  const Dataset answer = in_character_set(utf8, "ISO_IR 100");

  EXPECT_EQ(answer.text(tags::SpecificCharacterSet), "ISO_IR 100");
  EXPECT_EQ(answer.find(tags::PatientName)->value, "M\xfcller");
  EXPECT_EQ(answer.text(tags::PatientName), "Müller");
  EXPECT_EQ(answer.item(kSequence)->find(tags::ScheduledProcedureStepDescription)->value,
            "Sch\xe4"
            "del ");
  EXPECT_EQ(answer.item(kSequence)->text(tags::ScheduledProcedureStepDescription), "Schädel");
}

TEST(Recode, ElseItIsUtf8) {
  for (const auto* preferred : {"", "ISO_IR 100", "nonsense", "ISO_IR 192", "UTF-8"}) {
    Dataset utf8;
    utf8.set_text(tags::PatientName, "Müller");
    utf8.add_item(kSequence).set_text(tags::ScheduledProcedureStepDescription, "頭");

    const Dataset answer = in_character_set(utf8, preferred);

    EXPECT_EQ(answer.text(tags::SpecificCharacterSet), "ISO_IR 192") << preferred;
    EXPECT_EQ(answer.text(tags::PatientName), "Müller") << preferred;
    EXPECT_EQ(answer.item(kSequence)->text(tags::ScheduledProcedureStepDescription), "頭");
  }
}

TEST(Recode, CodesAreAsciiWhateverStandsThere) {
  Dataset utf8;
  utf8.set_text(tags::BodyPartExamined, "SCHÄDEL");

  EXPECT_EQ(in_character_set(utf8, "ISO_IR 192").find(tags::BodyPartExamined)->value, "SCH?DEL ");
}

TEST(Recode, WhatWasInAnotherSetIsUtf8) {
  Dataset latin;
  latin.set_text(tags::SpecificCharacterSet, "ISO_IR 100");
  latin.set_text(tags::PatientName, "M\xfcller");
  Dataset& item = latin.add_item(kSequence);
  item.set_text(tags::SpecificCharacterSet, "ISO_IR 144");
  item.set_text(tags::ScheduledProcedureStepDescription, "\xbb\xee\xda");

  EXPECT_EQ(in_utf8(*latin.find(tags::PatientName), latin.character_set).value, "Müller ");
  const Element sequence = in_utf8(*latin.find(kSequence), latin.character_set);
  ASSERT_EQ(sequence.items.size(), 1u);
  EXPECT_EQ(sequence.items[0].find(tags::ScheduledProcedureStepDescription)->value, "Люк");
  EXPECT_FALSE(sequence.items[0].contains(tags::SpecificCharacterSet));
}

}  // namespace
}  // namespace dcmfs
