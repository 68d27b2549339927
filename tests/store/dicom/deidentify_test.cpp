#include "store/dicom/deidentify.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/dicom/confidentiality_profile.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr ProfileEdition kEditions[] = {ProfileEdition::e2008, ProfileEdition::e2017c,
                                        ProfileEdition::e2021b, ProfileEdition::e2023b,
                                        ProfileEdition::e2024b};
constexpr Tag kImageComments{0x0020, 0x4000}, kInstitutionName{0x0008, 0x0080};
constexpr Tag kDeviceSerialNumber{0x0018, 0x1000}, kPatientAge{0x0010, 0x1010};

struct Cleaned {
  Dataset dataset;
  std::vector<std::string> warnings;
  const Dataset* operator->() const { return &dataset; }
};

Cleaned cleaned(const DicomBuilder& builder, const DeidentificationOptions& options = {},
                ProfileEdition edition = ProfileEdition::e2023b, const IsKept& is_kept = {}) {
  static const UidMap uids = UidMap::from_secret("test");
  Cleaned done{builder.dataset(), {}};
  done.warnings = deidentify(done.dataset, {edition, options, &uids}, is_kept);
  return done;
}

DicomBuilder person() {
  DicomBuilder builder = make_dicom();
  builder.patient("17", "DOE^JOHN")
      .set(tags::PatientBirthDate, "19700101")
      .set(kPatientAge, "034Y")
      .set(kImageComments, "Mr Doe")
      .set(kInstitutionName, "Hospital")
      .set(kDeviceSerialNumber, "4711")
      .set(tags::SeriesDate, "20040120")
      .set({0x0008, 0x0201}, "+0100");
  return builder;
}

std::string as_bytes(Vr vr) {
  return info(vr).text ? std::string("SECRET") : std::string(8, '\7');
}

// An instance with every attribute of the table in it, at the top and in an item.
Dataset all_of_the_table() {
  Dataset dataset;
  for (const ProfileRow& row : profile_rows()) {
    const Vr vr = vr_of(row.tag);
    if (vr == Vr::SQ) {
      dataset.add_item(row.tag).set_bytes(tags::PatientComments, Vr::LT, "SECRET");
    } else {
      dataset.set_bytes(row.tag, vr, vr == Vr::UI ? "1.2.3.4" : as_bytes(vr));
    }
  }
  return dataset;
}

bool tells(const Dataset& dataset);
bool tells(const Element& element) {
  for (const Dataset& item : element.items)
    if (tells(item)) return true;
  return element.value.find("SECRET") != std::string::npos ||
         element.value.find('\7') != std::string::npos ||
         element.value == std::string("1.2.3.4\0", 8);
}
bool tells(const Dataset& dataset) {
  return std::ranges::any_of(dataset, [](const Element& element) { return tells(element); });
}

TEST(ConfidentialityProfile, NoRowOfAnEditionLeavesItsValue) {
  const UidMap uids = UidMap::random();
  for (const ProfileEdition edition : kEditions) {
    Dataset dataset = all_of_the_table();
    dataset.add_item({0x0008, 0x1115}) = all_of_the_table();  // ReferencedSeriesSequence

    deidentify(dataset, {edition, {}, &uids});

    for (const Dataset* at : {&std::as_const(dataset), dataset.item({0x0008, 0x1115})}) {
      for (const Element& element : *at) {
        const bool is_row = find_profile_row(element.tag, edition) != nullptr;
        EXPECT_FALSE(is_row && tells(element)) << name_of(edition) << " " << to_string(element.tag);
      }
    }
  }
}

TEST(ConfidentialityProfile, RowsHoldFromTheirEditionOn) {
  std::size_t before = 0;
  for (const ProfileEdition edition : kEditions) {
    std::size_t count = 0;
    for (const ProfileRow& row : profile_rows()) {
      const ProfileRow* found = find_profile_row(row.tag, edition);
      const bool holds = row.since <= edition && edition < row.until;
      EXPECT_EQ(found == &row, holds) << to_string(row.tag) << " " << name_of(edition);
      if (holds) ++count;
    }
    EXPECT_GT(count, before) << name_of(edition);
    before = count;
  }
  // Was in the table for some years, and is not any more.
  constexpr Tag kModifyingDeviceManufacturer{0x0020, 0x3404};
  EXPECT_NE(find_profile_row(kModifyingDeviceManufacturer, ProfileEdition::e2017c), nullptr);
  EXPECT_EQ(find_profile_row(kModifyingDeviceManufacturer, ProfileEdition::e2021b), nullptr);
}

TEST(ConfidentialityProfile, ActionsAreThoseOfTheStandard) {
  const std::tuple<Tag, ProfileEdition, ProfileAction> kKnown[] = {
      {tags::PatientName, ProfileEdition::e2008, ProfileAction::z},
      {tags::PatientID, ProfileEdition::e2023b, ProfileAction::z},
      {tags::PatientID, ProfileEdition::e2024b, ProfileAction::z_or_d},
      {tags::StudyInstanceUID, ProfileEdition::e2008, ProfileAction::u},
      {tags::SeriesDate, ProfileEdition::e2021b, ProfileAction::x_or_d},
      {{0x0040, 0xa730}, ProfileEdition::e2017c, ProfileAction::x},
      {{0x0040, 0xa730}, ProfileEdition::e2021b, ProfileAction::d},
      {tags::ReferencedImageSequence, ProfileEdition::e2024b, ProfileAction::x_z_or_u},
      {{0x6002, 0x3000}, ProfileEdition::e2024b, ProfileAction::x},
      {{0x5004, 0x3000}, ProfileEdition::e2017c, ProfileAction::x},
  };
  for (const auto& [tag, edition, action] : kKnown) {
    const ProfileRow* row = find_profile_row(tag, edition);

    ASSERT_NE(row, nullptr) << to_string(tag);
    EXPECT_EQ(row->action, action) << to_string(tag) << " " << name_of(edition);
  }
  EXPECT_EQ(find_profile_row(tags::StudyDate, ProfileEdition::e2008), nullptr);
  EXPECT_EQ(find_profile_row(tags::Rows, ProfileEdition::e2024b), nullptr);
  EXPECT_EQ(find_profile_row({0x5200, 0x9229}, ProfileEdition::e2024b), nullptr);
}

TEST(Deidentify, RemovesEmptiesAndReplaces) {
  const auto after = cleaned(person());

  EXPECT_EQ(after->text(tags::PatientName), "");
  EXPECT_EQ(after->text(tags::PatientID), "");
  EXPECT_EQ(after->text(tags::PatientBirthDate), "");
  EXPECT_FALSE(after->contains(kPatientAge));
  EXPECT_FALSE(after->contains(kImageComments));
  EXPECT_EQ(after->text(tags::StudyDate), "");
  EXPECT_EQ(after->text(tags::Modality), "CT");
  EXPECT_THAT(after.warnings, IsEmpty());
}

TEST(Deidentify, SaysWhatWasDone) {
  const auto after = cleaned(person());

  EXPECT_EQ(after->text(tags::PatientIdentityRemoved), "YES");
  EXPECT_EQ(after->text(tags::DeidentificationMethod), "dcmfs, PS3.15-2023b Basic Profile");
  const Dataset* code = after->item(tags::DeidentificationMethodCodeSequence);
  ASSERT_NE(code, nullptr);
  EXPECT_EQ(code->text(tags::CodeValue), "113100");
  EXPECT_EQ(code->text(tags::CodingSchemeDesignator), "DCM");
  EXPECT_EQ(after->text(tags::LongitudinalTemporalInformationModified), "REMOVED");
}

TEST(Deidentify, OptionalAttributesOfImagesGoAndOthersBecomeDummies) {
  DicomBuilder ct = person(), segmentation = person().sop_class("1.2.840.10008.5.1.4.1.1.66.4");

  EXPECT_FALSE(cleaned(ct)->contains(kDeviceSerialNumber));
  EXPECT_FALSE(cleaned(ct)->contains(tags::SeriesDate));
  // Of type 1 in the Enhanced General Equipment Module.
  EXPECT_EQ(cleaned(segmentation)->text(kDeviceSerialNumber), "ANONYMIZED");
  EXPECT_EQ(cleaned(segmentation)->text(tags::SeriesDate), "19000101");
}

TEST(Deidentify, GoesIntoItems) {
  DicomBuilder builder = person();
  Dataset& item = builder.dataset().add_item({0x0008, 0x1115});
  item.set_text(tags::PatientName, "DOE^JOHN");
  item.set_text(kImageComments, "Mr Doe");
  item.set_text(tags::SeriesInstanceUID, "1.2.3");
  item.set_bytes({0x0029, 0x0010}, Vr::LO, "ACME");

  const auto after = cleaned(builder);

  const Dataset* cleaned_item = after->item({0x0008, 0x1115});
  ASSERT_NE(cleaned_item, nullptr);
  EXPECT_EQ(cleaned_item->text(tags::PatientName), "");
  EXPECT_FALSE(cleaned_item->contains(kImageComments));
  EXPECT_FALSE(cleaned_item->contains({0x0029, 0x0010}));
  EXPECT_EQ(cleaned_item->text(tags::SeriesInstanceUID), UidMap::from_secret("test")("1.2.3"));
}

TEST(Deidentify, ReferencesToImagesStayAndFollow) {
  DicomBuilder builder = person();
  Dataset& item = builder.dataset().add_item(tags::ReferencedImageSequence);
  item.set_text(tags::ReferencedSOPClassUID, "1.2.840.10008.5.1.4.1.1.2");
  item.set_text(tags::ReferencedSOPInstanceUID, "1.2.3");

  const Dataset* after = nullptr;
  const auto done = cleaned(builder);
  after = done->item(tags::ReferencedImageSequence);

  ASSERT_NE(after, nullptr);
  EXPECT_EQ(after->text(tags::ReferencedSOPClassUID), "1.2.840.10008.5.1.4.1.1.2");
  EXPECT_EQ(after->text(tags::ReferencedSOPInstanceUID), UidMap::from_secret("test")("1.2.3"));
}

TEST(Deidentify, TheTextOfAReportBecomesADummy) {
  DicomBuilder builder = person();
  Dataset& text = builder.dataset().add_item({0x0040, 0xa730});
  text.set_text({0x0040, 0xa040}, "TEXT");
  text.set_text({0x0040, 0xa160}, "Mr Doe is ill");
  text.add_item({0x0040, 0xa730}).set_text({0x0040, 0xa123}, "DOE^JOHN");

  const auto after = cleaned(builder);

  const Dataset* item = after->item({0x0040, 0xa730});
  ASSERT_NE(item, nullptr);
  EXPECT_EQ(item->text({0x0040, 0xa040}), "TEXT");
  EXPECT_EQ(item->text({0x0040, 0xa160}), "ANONYMIZED");
  EXPECT_EQ(item->item({0x0040, 0xa730})->text({0x0040, 0xa123}), "ANONYMIZED");
}

TEST(Deidentify, GraphicsAndPrivateAttributesGo) {
  DicomBuilder builder = person();
  builder.set_bytes({0x6000, 0x0010}, Vr::US, std::string(2, '\1'));
  builder.set_bytes({0x6002, 0x3000}, Vr::OW, "xx");
  builder.set_bytes({0x5004, 0x3000}, Vr::OW, "xx");
  builder.set_bytes({0x0029, 0x0010}, Vr::LO, "ACME");
  builder.set_bytes({0x0029, 0x1001}, Vr::LO, "Mr Doe");

  const auto after = cleaned(builder);

  for (const Element& element : after.dataset) {
    EXPECT_FALSE(element.tag.is_private()) << to_string(element.tag);
    EXPECT_NE(element.tag.group & 0xff00, 0x6000);
    EXPECT_NE(element.tag.group & 0xff00, 0x5000);
  }
}

TEST(DeidentifyOptions, RetainWhatTheyName) {
  EXPECT_EQ(cleaned(person(), {.retain_patient_characteristics = true})->text(kPatientAge), "034Y");
  EXPECT_EQ(cleaned(person(), {.retain_institution = true})->text(kInstitutionName), "Hospital");
  EXPECT_EQ(cleaned(person(), {.retain_device = true})->text(kDeviceSerialNumber), "4711");
  const auto with_uids = cleaned(person().instance("1.2.3"), {.retain_uids = true});
  EXPECT_EQ(with_uids->text(tags::SOPInstanceUID), "1.2.3");
  const auto with_dates = cleaned(person(), {.retain_full_dates = true});
  EXPECT_EQ(with_dates->text(tags::StudyDate), "20040119");
  EXPECT_EQ(with_dates->text(tags::PatientBirthDate), "");
  EXPECT_EQ(with_dates->text(tags::LongitudinalTemporalInformationModified), "UNMODIFIED");
  EXPECT_EQ(with_dates->item(tags::DeidentificationMethodCodeSequence, 1)->text(tags::CodeValue),
            "113106");
}

TEST(DeidentifyOptions, DatesMoveByDays) {
  const auto after = cleaned(person(), {.shift_dates_days = -10});

  EXPECT_EQ(after->text(tags::StudyDate), "20040109");
  EXPECT_EQ(after->text(tags::StudyTime), "072730");
  EXPECT_EQ(after->text(tags::SeriesDate), "20040110");
  EXPECT_EQ(after->text(tags::PatientBirthDate), "");
  EXPECT_EQ(after->text(tags::LongitudinalTemporalInformationModified), "MODIFIED");
}

TEST(DeidentifyOptions, ADateThatIsNoneDoesNotStay) {
  DicomBuilder builder = person();
  builder.set_bytes(tags::StudyDate, Vr::DA, "JOHN DOE");

  EXPECT_EQ(cleaned(builder, {.shift_dates_days = 1})->text(tags::StudyDate), "");
}

TEST(Deidentify, KeepingAgainstTheProfileIsNotCalledTheProfile) {
  const auto is_kept = [](const AttributePlace& place) {
    return place.tag == kImageComments ? Keep::whole : Keep::nothing;
  };

  const auto after = cleaned(person(), {}, ProfileEdition::e2023b, is_kept);

  EXPECT_EQ(after->text(kImageComments), "Mr Doe");
  EXPECT_EQ(after->item(tags::DeidentificationMethodCodeSequence), nullptr);
  EXPECT_THAT(after->text_or(tags::DeidentificationMethod, ""), HasSubstr("kept"));
  EXPECT_THAT(after.warnings, Contains(HasSubstr("kept")));
}

// Most of what is in such a sequence has no row of its own.
TEST(Deidentify, KeepingAPartOfASequenceKeepsNothingElseOfIt) {
  constexpr Tag kContent{0x0040, 0xa730}, kRelationship{0x0040, 0xa010}, kText{0x0040, 0xa160};
  DicomBuilder builder = person();
  Dataset& text = builder.dataset().add_item(kContent);
  text.set_text(kRelationship, "CONTAINS");
  text.set_text(kText, "Mr Doe is ill");
  text.add_item(kContent).set_text(kText, "Mr Doe is very ill");
  text.set_bytes({0x0029, 0x0010}, Vr::LO, "Mr Doe");
  const auto path = TempStore::require(parse_tag_path("ContentSequence[0].RelationshipType"));
  const auto is_kept = [&](const AttributePlace& place) { return kept_by(path, place); };

  for (const ProfileEdition edition : kEditions) {
    const auto after = cleaned(builder, {}, edition, is_kept);

    const Dataset* item = after->item(kContent);
    ASSERT_NE(item, nullptr);
    EXPECT_EQ(item->text(kRelationship), "CONTAINS");
    EXPECT_THAT(item->text_or(kText, ""), Not(HasSubstr("Doe"))) << name_of(edition);
    EXPECT_FALSE(item->contains({0x0029, 0x0010}));
    const Dataset* below = item->item(kContent);
    EXPECT_THAT(below == nullptr ? "" : below->text_or(kText, ""), Not(HasSubstr("Doe")))
        << name_of(edition);
    EXPECT_EQ(after->item(tags::DeidentificationMethodCodeSequence), nullptr);
    EXPECT_THAT(after.warnings, Contains(HasSubstr("kept")));
  }
}

TEST(Deidentify, KeepingAPartOfAPrivateSequenceKeepsNothingElseOfIt) {
  constexpr Tag kPrivate{0x0029, 0x1010};
  DicomBuilder builder = person();
  builder.set_bytes({0x0029, 0x0010}, Vr::LO, "ACME");
  Dataset& item = builder.dataset().add_item(kPrivate);
  item.set_text(tags::StudyDescription, "Mr Doe");
  item.set_text(tags::Modality, "CT");
  const auto path = TempStore::require(parse_tag_path("0029,1010[0].Modality"));

  const auto after = cleaned(builder, {}, ProfileEdition::e2023b,
                             [&](const AttributePlace& place) { return kept_by(path, place); });

  ASSERT_NE(after->item(kPrivate), nullptr);
  EXPECT_EQ(after->item(kPrivate)->text(tags::Modality), "CT");
  EXPECT_FALSE(after->item(kPrivate)->contains(tags::StudyDescription));
}

TEST(Deidentify, PrivateAttributesThatStayAreTold) {
  DicomBuilder builder = person();
  builder.set_bytes({0x0029, 0x0010}, Vr::LO, "ACME");

  EXPECT_THAT(cleaned(builder, {.retain_private = true}).warnings, Contains(HasSubstr("private")));
  EXPECT_THAT(cleaned(person(), {.retain_private = true}).warnings, IsEmpty());
}

TEST(Deidentify, PixelsThatMayTellAreReportedAndNotTouched) {
  DicomBuilder builder = person().pixels(2, 2, 8);
  builder.set(tags::BurnedInAnnotation, "YES");

  const auto after = cleaned(builder);

  EXPECT_THAT(after.warnings, Contains(HasSubstr("BurnedInAnnotation")));
  EXPECT_EQ(after->text(tags::BurnedInAnnotation), "YES");
  EXPECT_EQ(after->find(tags::PixelData)->value, builder.dataset().find(tags::PixelData)->value);
}

TEST(Deidentify, DocumentsAreReplacedSinceTheyAreInTheTable) {
  DicomBuilder builder = person().sop_class(uids::EncapsulatedPDFStorage);
  builder.set_bytes(tags::EncapsulatedDocument, Vr::OB, "%PDF Mr Doe");

  const auto before = cleaned(builder, {}, ProfileEdition::e2021b);
  const auto since = cleaned(builder, {}, ProfileEdition::e2023b);

  EXPECT_EQ(before->find(tags::EncapsulatedDocument)->value, std::string("%PDF Mr Doe\0", 12));
  EXPECT_THAT(before.warnings, Contains(HasSubstr("stays")));
  EXPECT_EQ(since->find(tags::EncapsulatedDocument)->value, std::string(2, '\0'));
}

TEST(ProfileEdition, HasNames) {
  for (const ProfileEdition edition : kEditions)
    EXPECT_EQ(*parse_profile_edition(name_of(edition)), edition);
  EXPECT_EQ(*parse_profile_edition("current"), ProfileEdition::e2024b);
  ASSERT_FALSE(parse_profile_edition("2019"));
  EXPECT_THAT(parse_profile_edition("2019").error().message, HasSubstr("2023b"));
}

}  // namespace
}  // namespace dcmfs
