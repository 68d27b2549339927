#include "store/dicom/directory.h"

#include <cstring>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/dicom/reader.h"
#include "store/dicom/transfer_syntax.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr Tag kRecords{0x0004, 0x1220}, kType{0x0004, 0x1430}, kNext{0x0004, 0x1400},
    kLower{0x0004, 0x1420}, kFirstOfRoot{0x0004, 0x1200}, kLastOfRoot{0x0004, 0x1202},
    kFileId{0x0004, 0x1500};

DirectoryRecord image(const std::string& id) {
  return instance_record({id, "1.2.840.10008.5.1.4.1.1.2", "1.2.3", "1.2.840.10008.1.2.1"},
                         make_dicom().set(tags::InstanceNumber, "7").dataset(),
                         DirectoryKeys::required);
}

// Two patients; the first has two studies, the first of which has two images in two series.
std::vector<DirectoryRecord> two_patients() {
  const Dataset dataset = make_dicom().set(tags::StudyID, "S").dataset();
  auto first = patient_record(dataset, DirectoryKeys::required);
  for (int study = 0; study < 2; ++study) {
    first.lower.push_back(study_record(dataset, DirectoryKeys::required));
    for (int series = 0; series < 2 - study; ++series) {
      auto& record =
          first.lower.back().lower.emplace_back(series_record(dataset, DirectoryKeys::required));
      record.lower.push_back(image("IMAGES\\IM" + std::to_string(study) + std::to_string(series)));
    }
  }
  return {first,
          patient_record(make_dicom().patient("2", "Müller").dataset(), DirectoryKeys::required)};
}

struct ReadDirectory {
  explicit ReadDirectory(const std::vector<DirectoryRecord>& patients) {
    auto encoded = encode_directory(patients, "TEST", "1.2.3.4");
    if (!encoded) throw std::runtime_error(encoded.error().message);
    bytes = *std::move(encoded);
    source = memory_source(bytes);
    auto read = read_dicom(*source);
    if (!read) throw std::runtime_error(read.error().message);
    file = *std::move(read);
  }

  // Follows the offsets in the file, as a reader of media does: "PATIENT STUDY SERIES IMAGE=IMAGES\IM00".
  std::string tree() const {
    return entity(static_cast<std::size_t>(*file.dataset.integer(kFirstOfRoot)));
  }

  std::string entity(std::size_t offset) const {
    std::string out;
    while (offset != 0) {
      // An item of defined length: its header, then a data set.
      if (bytes.compare(offset, 4, std::string("\xfe\xff\x00\xe0", 4)) != 0) return out + "!";
      std::uint32_t length = 0;
      std::memcpy(&length, bytes.data() + offset + 4, 4);
      const auto record = read_bare_dataset(std::string_view(bytes).substr(offset + 8, length),
                                            *find_transfer_syntax(file.syntax_uid));
      if (!record) return out + "?";
      if (!out.empty()) out += ' ';
      out += record->text_or(kType, "-");
      if (record->contains(kFileId)) out += '=' + record->text_or(kFileId, "");
      const auto lower = static_cast<std::size_t>(*record->integer(kLower));
      if (lower != 0) out += "(" + entity(lower) + ")";
      last = offset;
      offset = static_cast<std::size_t>(*record->integer(kNext));
    }
    return out;
  }

  std::string bytes;
  std::unique_ptr<ByteSource> source;
  DicomFile file;
  mutable std::size_t last = 0;  // where the record stands that was followed last
};

TEST(Directory, IsFollowedByItsOffsets) {
  const ReadDirectory directory(two_patients());

  EXPECT_EQ(directory.tree(),
            "PATIENT(STUDY(SERIES(IMAGE=IMAGES\\IM00) SERIES(IMAGE=IMAGES\\IM01)) "
            "STUDY(SERIES(IMAGE=IMAGES\\IM10))) "
            "PATIENT");
  EXPECT_EQ(directory.file.dataset.integer(kLastOfRoot), static_cast<std::int64_t>(directory.last));
  EXPECT_EQ(directory.file.dataset.find(kRecords)->items.size(), 10u);
  EXPECT_EQ(directory.file.meta.text_or(tags::MediaStorageSOPClassUID, ""),
            uids::MediaStorageDirectoryStorage);
}

TEST(Directory, MayBeEmpty) {
  const ReadDirectory directory({});

  EXPECT_EQ(directory.file.dataset.integer(kFirstOfRoot), 0);
  EXPECT_TRUE(directory.file.dataset.find(kRecords)->items.empty());
}

TEST(Directory, SaysItsCharacterSetWhereItNeedsOne) {
  const ReadDirectory directory(two_patients());

  const auto& items = directory.file.dataset.find(kRecords)->items;
  EXPECT_FALSE(items.front().contains(tags::SpecificCharacterSet));
  EXPECT_EQ(items.back().text_or(tags::SpecificCharacterSet, ""), "ISO_IR 192");
  EXPECT_EQ(items.back().text_or(tags::PatientName, ""), "Müller");
}

TEST(Directory, HasAValueWhereTheStandardWantsOne) {
  Dataset nothing;
  nothing.character_set = CharacterSet::utf8();

  EXPECT_NE(patient_record(nothing, DirectoryKeys::required).keys.text_or(tags::PatientID, ""), "");
  EXPECT_TRUE(patient_record(nothing, DirectoryKeys::required).keys.contains(tags::PatientName));
  EXPECT_NE(study_record(nothing, DirectoryKeys::required).keys.text_or(tags::StudyDate, ""), "");
  EXPECT_NE(series_record(nothing, DirectoryKeys::required).keys.text_or(tags::Modality, ""), "");
  const auto record =
      instance_record({"A", "1.2.840.10008.5.1.4.1.1.2", "1.2", "1.2.840.10008.1.2"}, nothing,
                      DirectoryKeys::required);
  EXPECT_EQ(record.keys.text_or(tags::InstanceNumber, ""), "0");
}

struct TypeOfClass {
  std::string_view sop_class, type;
};
class DirectoryTypes : public testing::TestWithParam<TypeOfClass> {};
TEST_P(DirectoryTypes, FollowFromTheSopClass) {
  const auto record =
      instance_record({"A", std::string(GetParam().sop_class), "1.2", "1.2.840.10008.1.2"},
                      make_dicom().dataset(), DirectoryKeys::required);

  EXPECT_EQ(record.type, GetParam().type);
}
INSTANTIATE_TEST_SUITE_P(
    Some, DirectoryTypes,
    testing::Values(TypeOfClass{"1.2.840.10008.5.1.4.1.1.2", "IMAGE"},
                    TypeOfClass{"1.2.840.10008.5.1.4.1.1.481.1", "IMAGE"},
                    TypeOfClass{"1.2.840.10008.5.1.4.1.1.481.2", "RT DOSE"},
                    TypeOfClass{"1.2.840.10008.5.1.4.1.1.66.4", "IMAGE"},
                    TypeOfClass{"1.2.840.10008.5.1.4.1.1.66", "RAW DATA"},
                    TypeOfClass{"1.2.840.10008.5.1.4.1.1.11.1", "PRESENTATION"},
                    TypeOfClass{"1.2.840.10008.5.1.4.1.1.88.59", "KEY OBJECT DOC"},
                    TypeOfClass{"1.2.840.10008.5.1.4.1.1.88.33", "SR DOCUMENT"},
                    TypeOfClass{"1.2.840.10008.5.1.4.1.1.104.1", "ENCAP DOC"},
                    TypeOfClass{"1.2.3.4", "PRIVATE"}));

TEST(Directory, ADocumentIsToldByItsTitleAndItsModifiers) {
  auto builder = make_dicom();
  auto& concept_name = builder.dataset().add_item({0x0040, 0xa043});
  concept_name.set_text({0x0008, 0x0104}, "Befund");
  for (const char* relation : {"HAS CONCEPT MOD", "CONTAINS"})
    builder.dataset().add_item({0x0040, 0xa730}).set_text({0x0040, 0xa010}, Vr::CS, relation);

  const auto record =
      instance_record({"A", "1.2.840.10008.5.1.4.1.1.88.33", "1.2", "1.2.840.10008.1.2"},
                      builder.dataset(), DirectoryKeys::required);

  EXPECT_EQ(record.keys.item({0x0040, 0xa043})->text_or({0x0008, 0x0104}, ""), "Befund");
  EXPECT_EQ(record.keys.find({0x0040, 0xa730})->items.size(), 1u);
  EXPECT_EQ(record.keys.text_or({0x0040, 0xa493}, ""), "UNVERIFIED");
}

TEST(Directory, HasMoreIfAsked) {
  const Dataset dataset = make_dicom().set(tags::SeriesDescription, "axial").dataset();

  EXPECT_FALSE(
      series_record(dataset, DirectoryKeys::required).keys.contains(tags::SeriesDescription));
  EXPECT_TRUE(
      series_record(dataset, DirectoryKeys::extended).keys.contains(tags::SeriesDescription));
}

}  // namespace
}  // namespace dcmfs
