#include "store/dicom/edit.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/dicom/recode.h"
#include "tests/store/dicom/edited_file.h"
#include "tests/store/dicom/raw_dicom.h"
#include "tests/support/make_dicom.h"

namespace dcmfs {
namespace {

using testing::HasSubstr;

constexpr Tag kOtherIds{0x0010, 0x1002};  // OtherPatientIDsSequence

std::string some_file() {
  DicomBuilder builder = make_dicom();
  builder.erase(tags::SpecificCharacterSet)
      .patient("17", "DOE^JOHN")
      .set({0x0010, 0x0030}, "19700101")
      .pixels(4, 4, 16);
  for (const std::string_view id : {"A", "B"})
    builder.dataset().add_item(kOtherIds).set_text(tags::PatientID, id);
  return builder.bytes();
}

std::string fault_of(const Result<EditedFile>& done) {
  return done ? "" : done.error().message;
}

TEST(Edit, NothingLeavesAllAttributesAsTheyAre) {
  const std::string bytes = some_file();

  const auto after = edited(bytes, {});

  EXPECT_EQ(after->text(tags::PatientName), "DOE^JOHN");
  EXPECT_EQ(after->item(kOtherIds, 1)->text(tags::PatientID), "B");
  EXPECT_EQ(after.file.meta.text(tags::ImplementationClassUID), kImplementationClassUID);
  EXPECT_EQ(after.file.meta.text(tags::MediaStorageSOPInstanceUID),
            after->text(tags::SOPInstanceUID));
  EXPECT_EQ(edited(after.bytes, {}).bytes, after.bytes);
}

TEST(Edit, ReplacesRemovesAndClears) {
  Edit edit = replacing("PatientName", "\"ROE^JANE\"");
  edit.replace.push_back(*read_replacement("00081030", "\"new\""));
  edit.remove = {path_to("PatientBirthDate"), path_to("StudyID")};
  edit.clear = {path_to("PatientID"), path_to("PatientWeight")};

  const auto after = edited(some_file(), edit);

  EXPECT_EQ(after->text(tags::PatientName), "ROE^JANE");
  EXPECT_EQ(after->text(tags::StudyDescription), "new");
  EXPECT_FALSE(after->contains(tags::PatientBirthDate));
  EXPECT_EQ(after->text(tags::PatientID), "");
  EXPECT_FALSE(after->contains(tags::PatientWeight));
}

TEST(Edit, TheMetaHeaderFollowsANewSopInstanceUid) {
  const auto after = edited(some_file(), replacing("SOPInstanceUID", "\"2.25.7\""));

  EXPECT_EQ(after->text(tags::SOPInstanceUID), "2.25.7");
  EXPECT_EQ(after.file.meta.text(tags::MediaStorageSOPInstanceUID), "2.25.7");
}

TEST(Edit, ReachesIntoItems) {
  Edit edit = replacing("OtherPatientIDsSequence[*].PatientID", "\"X\"");
  edit.replace.push_back(
      *read_replacement("OtherPatientIDsSequence[1].IssuerOfPatientID", "\"Y\""));
  edit.replace.push_back(*read_replacement("OtherPatientIDsSequence[2].PatientID", "\"new\""));

  const auto after = edited(some_file(), edit);

  ASSERT_EQ(after->find(kOtherIds)->items.size(), 3u);
  EXPECT_EQ(after->item(kOtherIds, 0)->text(tags::PatientID), "X");
  EXPECT_EQ(after->item(kOtherIds, 1)->text(tags::PatientID), "X");
  EXPECT_EQ(after->item(kOtherIds, 1)->text({0x0010, 0x0021}), "Y");
  EXPECT_EQ(after->item(kOtherIds, 2)->text(tags::PatientID), "new");
}

TEST(Edit, AddsTheSequencesAboveWhatIsNew) {
  const auto after = edited(
      some_file(),
      replacing("ReferencedStudySequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID",
                "\"1.2\""));

  const Dataset* study = after->item({0x0008, 0x1110});
  ASSERT_NE(study, nullptr);
  EXPECT_EQ(study->item(tags::ReferencedSOPSequence)->text(tags::ReferencedSOPInstanceUID), "1.2");
}

TEST(Edit, ASequenceIsAListOfObjects) {
  const auto after = edited(
      some_file(),
      replacing(
          "OtherPatientIDsSequence",
          R"([{"PatientID": "1", "TypeOfPatientID": "TEXT"}, {}, {"00100020": {"vr": "LO", "Value": ["3"]}}])"));

  ASSERT_EQ(after->find(kOtherIds)->items.size(), 3u);
  EXPECT_EQ(after->item(kOtherIds, 2)->text(tags::PatientID), "3");
}

TEST(Edit, ValuesThatPart5DoesNotAllowAreRefusedWithoutShowingThem) {
  const std::pair<std::string_view, std::string_view> kBad[] = {
      {"PatientBirthDate", "\"SECRET\""},
      {"PatientSex", "\"secret\""},
      {"AccessionNumber", "\"SECRET SECRET SECRET\""},
      {"StudyInstanceUID", "\"SECRET\""},
      {"InstanceNumber", "\"SECRET\""},
      {"Rows", "\"SECRET\""},
      {"Rows", "70000"},
      {"Rows", "1.5"},
      {"PixelData", "\"SECRET\""},
      {"PixelData", "\"data:SECRET\""},
      {"OtherPatientIDsSequence", "\"SECRET\""},
      {"PatientName", "{\"vr\": \"SECRET\"}"},
      {"PatientName", "true"},
      {"PatientName", "\"SECRET\" \"SECRET\""},
      {"PatientName", "1], [2"},
  };
  for (const auto& [path, json] : kBad) {
    const auto replacement = read_replacement(path, json);

    ASSERT_FALSE(replacement) << path << " " << json;
    EXPECT_EQ(replacement.error().code, Errc::invalid_argument);
    EXPECT_EQ(replacement.error().message.find("SECRET"), std::string::npos)
        << replacement.error().message;
  }
}

TEST(Edit, NumbersAreWrittenInTheVrOfTheAttribute) {
  Edit edit = replacing("Rows", "2");
  edit.replace.push_back(*read_replacement("Columns", "\"3\""));
  edit.replace.push_back(*read_replacement("PatientWeight", "70.5"));
  edit.replace.push_back(*read_replacement("PixelSpacing", "[0.5, 0.25]"));

  const auto after = edited(some_file(), edit);

  EXPECT_EQ(after->integer(tags::Rows), 2);
  EXPECT_EQ(after->integer(tags::Columns), 3);
  EXPECT_EQ(after->text(tags::PatientWeight), "70.5");
  EXPECT_EQ(after->text(tags::PixelSpacing), "0.5\\0.25");
}

TEST(Edit, UsOrSsFollowsThePixels) {
  constexpr Tag kPadding{0x0028, 0x0120};
  DicomBuilder builder = make_dicom();
  builder.pixels(1, 2, 16);
  const Edit edit = replacing("PixelPaddingValue", "-2000");

  EXPECT_THAT(fault_of(try_edit(builder.bytes(), edit)), HasSubstr("PixelPaddingValue"));
  builder.set(tags::PixelRepresentation, "1");
  const auto after = edited(builder.bytes(), edit);

  EXPECT_EQ(after->find(kPadding)->vr, Vr::SS);
  EXPECT_EQ(after->integer(kPadding), -2000);
}

TEST(Edit, BinaryValuesAreDataUris) {
  const auto after = edited(
      some_file(), replacing("PixelData", "\"data:application/octet-stream;base64,AAECAwQ=\""));

  EXPECT_EQ(after->find(tags::PixelData)->value, std::string("\0\1\2\3\4\0", 6));
  EXPECT_EQ(after->find(tags::PixelData)->vr, Vr::OW);
}

// -- character sets

std::string latin1_file() {
  DicomBuilder builder = make_dicom();
  builder.set_bytes(tags::SpecificCharacterSet, Vr::CS, "ISO_IR 100");
  builder.set_bytes(tags::PatientName, Vr::PN, "M\xdcLLER^A");
  builder.dataset().add_item(kOtherIds).set_bytes(tags::PatientComments, Vr::LT, "gr\xfc\xdf");
  return builder.bytes();
}

TEST(EditText, StaysInTheCharacterSetThatHasIt) {
  const auto after = edited(latin1_file(), replacing("StudyDescription", "\"Schädel\""));

  EXPECT_EQ(after->text(tags::SpecificCharacterSet), "ISO_IR 100");
  EXPECT_EQ(after->find(tags::StudyDescription)->value,
            "Sch\xe4"
            "del ");
  EXPECT_EQ(after->text(tags::PatientName), "MÜLLER^A");
}

TEST(EditText, BecomesUtf8WhereThatLacksACharacter) {
  const auto after = edited(latin1_file(), replacing("StudyDescription", "\"頭\""));

  EXPECT_EQ(after->text(tags::SpecificCharacterSet), "ISO_IR 192");
  EXPECT_EQ(after->text(tags::StudyDescription), "頭");
  EXPECT_EQ(after->find(tags::PatientName)->value, "MÜLLER^A ");
  EXPECT_EQ(after->item(kOtherIds)->text(tags::PatientComments), "grüß");
}

TEST(EditText, WithoutACharacterSetAsciiStaysSo) {
  const std::string bytes = some_file();

  const auto ascii = edited(bytes, replacing("StudyDescription", "\"head\""));
  const auto more = edited(bytes, replacing("StudyDescription", "\"Schädel\""));

  EXPECT_FALSE(ascii->contains(tags::SpecificCharacterSet));
  EXPECT_EQ(more->text(tags::SpecificCharacterSet), "ISO_IR 192");
  EXPECT_EQ(more->text(tags::StudyDescription), "Schädel");
}

TEST(EditText, IsRecodedToTheCharacterSetThatIsWanted) {
  const auto latin2 = edited(latin1_file(), replacing("SpecificCharacterSet", "\"ISO_IR 101\""));
  const auto greek = try_edit(latin1_file(), replacing("SpecificCharacterSet", "\"ISO_IR 126\""));

  EXPECT_EQ(latin2->text(tags::SpecificCharacterSet), "ISO_IR 101");
  EXPECT_EQ(latin2->text(tags::PatientName), "MÜLLER^A");
  EXPECT_EQ(latin2->item(kOtherIds)->text(tags::PatientComments), "grüß");
  EXPECT_THAT(fault_of(greek), HasSubstr("SpecificCharacterSet"));
}

TEST(EditText, CannotLoseItsCharacterSet) {
  for (auto list : {&Edit::remove, &Edit::clear}) {
    Edit edit;
    (edit.*list).push_back(path_to("SpecificCharacterSet"));

    EXPECT_THAT(fault_of(try_edit(latin1_file(), edit)), HasSubstr("SpecificCharacterSet"));
  }
}

TEST(EditText, ThatStayedOnDiskIsRecodedToo) {
  DicomBuilder builder = make_dicom();
  builder.set_bytes(tags::SpecificCharacterSet, Vr::CS, "ISO_IR 100");
  builder.set_bytes({0x0040, 0xa160}, Vr::UT, std::string(5000, '\xfc'));

  const auto after =
      edited(builder.bytes(), replacing("StudyDescription", "\"頭\""), {.value_bytes_max = 16});
  const auto whole = read_value(after.file, *after.file.dataset.find(Tag{0x0040, 0xa160}), 20'000);

  ASSERT_OK(whole);
  EXPECT_EQ(whole->size(), 10'000u);
  EXPECT_EQ(whole->substr(0, 4), "üü");
}

// -- private attributes

constexpr Tag kCreator{0x0029, 0x0010}, kOwn{0x0029, 0x1001};

std::string private_file() {
  DicomBuilder builder = make_dicom();
  builder.set_bytes(kCreator, Vr::LO, "ACME");
  builder.set_bytes(kOwn, Vr::SH, "one ");
  builder.set_bytes({0x0029, 0x1002}, Vr::DS, "2 ");
  builder.set_bytes({0x0029, 0x0011}, Vr::LO, "OTHER ");
  builder.set_bytes({0x0029, 0x1101}, Vr::LO, "theirs");
  Dataset& item = builder.dataset().add_item(kOtherIds);
  item.set_bytes(kCreator, Vr::LO, "ACME");
  item.set_bytes(kOwn, Vr::LO, "nested");
  return builder.bytes();
}

TEST(EditPrivate, AttributesAreFoundByTheirCreator) {
  const auto after = edited(private_file(), replacing("0029,1501", "\"new\"", "OTHER"));

  EXPECT_EQ(after->text({0x0029, 0x1101}), "new");
  EXPECT_EQ(after->text(kOwn), "one");
  EXPECT_FALSE(after->contains({0x0029, 0x1501}));
}

TEST(EditPrivate, ANewCreatorReservesABlock) {
  const auto free = edited(private_file(), replacing("0029,1501", "\"new\"", "THIRD"));
  const auto taken = edited(private_file(), replacing("0029,1001", "\"new\"", "THIRD"));

  EXPECT_EQ(free->text({0x0029, 0x0015}), "THIRD");
  EXPECT_EQ(free->text({0x0029, 0x1501}), "new");
  EXPECT_EQ(taken->text({0x0029, 0x0012}), "THIRD");
  EXPECT_EQ(taken->text({0x0029, 0x1201}), "new");
  EXPECT_EQ(taken->text(kOwn), "one");
}

TEST(EditPrivate, TheVrIsThatOfTheSource) {
  const auto after = edited(private_file(), replacing("0029,1002", "3", "ACME"));
  const auto bad = try_edit(private_file(), replacing("0029,1002", "\"three\"", "ACME"));

  EXPECT_EQ(after->find({0x0029, 0x1002})->vr, Vr::DS);
  EXPECT_EQ(after->text({0x0029, 0x1002}), "3");
  EXPECT_THAT(fault_of(bad), HasSubstr("0029,1002"));
}

TEST(EditPrivate, WithoutACreatorIsRefused) {
  EXPECT_THAT(fault_of(try_edit(private_file(), replacing("0031,1001", "\"x\""))),
              HasSubstr("PrivateCreator"));
  EXPECT_EQ(edited(private_file(), replacing("0029,1001", "\"x\""))->text(kOwn), "x");
}

TEST(EditPrivate, AllAreRemovedButThoseThatAreKept) {
  Edit edit;
  edit.remove_private = true;
  edit.keep = {path_to("0029,1001", "ACME")};

  const auto after = edited(private_file(), edit);

  EXPECT_EQ(after->text(kOwn), "one");
  EXPECT_EQ(after->text(kCreator), "ACME");
  EXPECT_FALSE(after->contains({0x0029, 0x1002}));
  EXPECT_FALSE(after->contains({0x0029, 0x0011}));
  EXPECT_FALSE(after->contains({0x0029, 0x1101}));
  EXPECT_TRUE(after->item(kOtherIds)->empty());
}

TEST(EditPrivate, OfAPrivateSequenceOnlyWhatIsKeptStays) {
  constexpr Tag kSequence{0x0029, 0x1010};
  DicomBuilder builder = make_dicom();
  builder.set_bytes(kCreator, Vr::LO, "ACME");
  Dataset& item = builder.dataset().add_item(kSequence);
  item.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
  item.set_text(tags::Modality, "CT");
  item.set_text(tags::StudyDescription, "told by the vendor");
  Edit edit;
  edit.remove_private = true;
  edit.keep = {path_to("0029,1010[0].Modality")};

  const auto after = edited(builder.bytes(), edit);

  ASSERT_NE(after->item(kSequence), nullptr);
  EXPECT_EQ(after->item(kSequence)->text(tags::Modality), "CT");
  EXPECT_TRUE(after->item(kSequence)->contains(tags::SpecificCharacterSet))
      << "it is written in that";
  EXPECT_FALSE(after->item(kSequence)->contains(tags::StudyDescription));
}

TEST(EditPrivate, RemovingACreatorRemovesItsAttributes) {
  Edit edit;
  edit.remove = {path_to("0029,0010")};

  const auto after = edited(private_file(), edit);

  EXPECT_FALSE(after->contains(kOwn));
  EXPECT_FALSE(after->contains(kCreator));
  EXPECT_TRUE(after->contains({0x0029, 0x1101}));
}

// -- references

TEST(EditReferences, FollowNewUidsWhereverTheyStand) {
  DicomBuilder builder = make_dicom();
  Dataset& series = builder.dataset().add_item(tags::ReferencedSeriesSequence);
  series.set_text(tags::SeriesInstanceUID, "1.2.5");
  Dataset& reference = series.add_item(tags::ReferencedSOPSequence);
  reference.set_text(tags::ReferencedSOPInstanceUID, "1.2.3");
  builder.set({0x0008, 0x0058}, "1.2.4\\1.2.3\\1.2.4");
  Edit edit;
  edit.new_uids = [](std::string_view uid) { return uid == "1.2.3" ? "2.25.30000" : ""; };

  const auto after = edited(builder.bytes(), edit);

  const Dataset* item = after->item(tags::ReferencedSeriesSequence);
  EXPECT_EQ(item->text(tags::SeriesInstanceUID), "1.2.5");
  EXPECT_EQ(item->item(tags::ReferencedSOPSequence)->text(tags::ReferencedSOPInstanceUID),
            "2.25.30000");
  EXPECT_EQ(after->text({0x0008, 0x0058}), "1.2.4\\2.25.30000\\1.2.4");
}

// -- what is too long for memory

std::string pixels_of(const DicomFile& file) {
  const auto value = read_value(file, *file.dataset.find(tags::PixelData), 1 << 30);
  EXPECT_OK(value);
  return value ? *value : "";
}

TEST(EditOnDisk, PixelsAreCopiedInEverySyntax) {
  for (const std::string_view syntax :
       {uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian,
        uids::DeflatedExplicitVRLittleEndian, uids::ExplicitVRBigEndian}) {
    const std::string bytes = make_dicom().pixels(100, 101, 16, 3).in(syntax).bytes();
    const auto source = memory_source(bytes);
    const auto before = read_dicom(*source, {.value_bytes_max = 16});
    ASSERT_OK(before);
    ASSERT_TRUE(before->dataset.find(tags::PixelData)->on_disk());

    const auto after = edited(bytes, replacing("PatientName", "\"X\""), {.value_bytes_max = 16});

    EXPECT_EQ(after->text(tags::PatientName), "X") << syntax;
    EXPECT_EQ(after.file.syntax_uid, syntax);
    EXPECT_EQ(pixels_of(after.file), pixels_of(*before)) << syntax;
  }
}

TEST(EditOnDisk, FragmentsKeepTheirItems) {
  const std::string fragments = raw::item("") + raw::item("abcd") + raw::item("efghij");
  const std::string bytes = raw::part10(
      "1.2.840.10008.1.2.4.50",
      raw::explicit_start() + raw::long_header(tags::PixelData, "OB", raw::kUndefined) + fragments +
          raw::end_sequence() + raw::long_element(tags::DataSetTrailingPadding, "OB", "xx"));

  const auto after = edited(bytes, replacing("PatientName", "\"X\""));

  EXPECT_EQ(pixels_of(after.file), fragments);
  EXPECT_THAT(after.bytes, HasSubstr(fragments + raw::end_sequence()));
  EXPECT_FALSE(after->contains(tags::DataSetTrailingPadding));
  EXPECT_THAT(fault_of(try_edit(bytes, replacing("PixelData", "\"data:;base64,AAAA\""))),
              HasSubstr("PixelData"));
}

TEST(EditOnDisk, SequencesThatHoldLongValuesHaveTheirLength) {
  DicomBuilder builder = make_dicom();
  Dataset& icon = builder.dataset().add_item({0x0088, 0x0200});
  icon.set_bytes(tags::PixelData, Vr::OB, std::string(3000, 'p'));
  icon.set_bytes({0x7fe0, 0x0011}, Vr::LO, "behind");

  const auto after =
      edited(builder.bytes(), replacing("PatientName", "\"X\""), {.value_bytes_max = 16});

  const Dataset* item = after->item({0x0088, 0x0200});
  ASSERT_NE(item, nullptr);
  const auto value = read_value(after.file, *item->find(tags::PixelData), 10'000);
  ASSERT_OK(value);
  EXPECT_EQ(*value, std::string(3000, 'p'));
  EXPECT_EQ(item->text({0x7fe0, 0x0011}), "behind");
}

// A source of any size that costs nothing: a small file, and zeros behind it.
class LongSource : public ByteSource {
 public:
  LongSource(std::string head, std::int64_t zeros) : head_(std::move(head)), zeros_(zeros) {}
  Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) override {
    std::size_t done = 0;
    for (; done < into.size() && offset < size(); ++done, ++offset)
      into[done] = offset < std::ssize(head_)
                       ? static_cast<std::byte>(head_[static_cast<std::size_t>(offset)])
                       : std::byte{};
    return done;
  }
  std::int64_t size() const override { return std::ssize(head_) + zeros_; }

 private:
  std::string head_;
  std::int64_t zeros_;
};

TEST(EditOnDisk, LargePixelsPassInSmallPieces) {
  constexpr std::int64_t kBytes = 100 << 20;
  LongSource source(raw::explicit_file(raw::long_header(tags::PixelData, "OW",
                                                        static_cast<std::uint32_t>(kBytes))),
                    kBytes);
  const auto file = read_dicom(source);
  ASSERT_OK(file);
  const auto done = apply(*file, replacing("PatientName", "\"X\""));
  ASSERT_OK(done);
  const auto parts = encode_with(*file, done->dataset);
  ASSERT_OK(parts);

  std::int64_t written = 0;
  std::size_t longest = 0;
  ASSERT_OK(parts->write([&](std::string_view piece) -> Result<> {
    written += std::ssize(piece);
    longest = std::max(longest, piece.size());
    return {};
  }));

  EXPECT_EQ(written, parts->size());
  EXPECT_GT(written, kBytes);
  EXPECT_LE(longest, std::size_t{1} << 20);
}

TEST(EditOnDisk, WhatTheSinkSaysEndsIt) {
  const std::string bytes = some_file();
  const auto source = memory_source(bytes);
  const auto file = read_dicom(*source);
  const auto parts = encode_with(*file, file->dataset);
  ASSERT_OK(parts);

  const auto written = parts->write([](std::string_view) -> Result<> {
    return Error{Errc::no_space, "full"};
  });

  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::no_space);
}

// -- what cannot be edited

TEST(Edit, FilesThatEndTooEarlyAreRefused) {
  const std::string bytes = some_file();

  const auto done = try_edit(bytes.substr(0, bytes.size() - 8), replacing("PatientName", "\"X\""));

  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::corrupt);
}

TEST(Edit, PathsThatDoNotFitTheDataSetAreRefused) {
  EXPECT_THAT(
      fault_of(try_edit(some_file(), replacing("OtherPatientIDsSequence[5].PatientID", "\"X\""))),
      HasSubstr("OtherPatientIDsSequence[5].PatientID"));
  EXPECT_THAT(
      fault_of(try_edit(private_file(), replacing("0029,1001[0].PatientID", "\"X\"", "ACME"))),
      HasSubstr("no sequence"));
}

TEST(Edit, AnInstanceKeepsItsName) {
  Edit edit;
  edit.remove = {path_to("SOPInstanceUID")};

  EXPECT_THAT(fault_of(try_edit(some_file(), edit)), HasSubstr("SOPInstanceUID"));
}

}  // namespace
}  // namespace dcmfs
