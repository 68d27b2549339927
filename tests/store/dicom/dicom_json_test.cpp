#include "store/dicom/dicom_json.h"

#include <gtest/gtest.h>

#include "store/dicom/byte_source.h"
#include "store/dicom/reader.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

constexpr Tag kPrivate{0x0029, 0x1001};

std::string model_of(Dataset dataset, std::string_view bulk = {}) {
  dataset.character_set = CharacterSet::utf8();
  return dicom_json(dataset, bulk);
}

TEST(DicomJson, AttributesAreSortedByTagAndEmptyOnesHaveNoValue) {
  Dataset d;
  d.set_text(tags::PatientID, "17");
  d.set_text(tags::StudyDate, "");
  d.add_item(tags::ReferencedStudySequence);
  Element sequence;
  sequence.tag = tags::ReferencedSeriesSequence;
  sequence.vr = Vr::SQ;
  d.set(sequence);
  EXPECT_EQ(model_of(d), R"({"00080020":{"vr":"DA"},"00081110":{"vr":"SQ","Value":[{}]},)"
                         R"("00081115":{"vr":"SQ"},"00100020":{"vr":"LO","Value":["17"]}})");
}

TEST(DicomJson, NamesAreToldByTheGroupsThatTheyHave) {
  Dataset d;
  d.set_text(tags::PatientName, "Yamada^Tarou=山田^太郎");
  d.set_text(tags::OperatorsName, "A^B\\\\=C");
  EXPECT_EQ(
      model_of(d),
      R"({"00081070":{"vr":"PN","Value":[{"Alphabetic":"A^B"},null,{"Ideographic":"C"}]},)"
      R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"Yamada^Tarou","Ideographic":"山田^太郎"}]}})");
}

TEST(DicomJson, NumbersAreNumbersWhereJsonCanHoldThem) {
  Dataset d;
  d.set_text(tags::ImagePositionPatient, "+1.50\\-.5\\ 2E1");
  d.set_text(tags::SeriesNumber, "many");
  d.set_text(tags::Rows, "512");
  d.set_text(kPrivate, Vr::UV, "18446744073709551615");
  d.set_text(tags::FrameIncrementPointer, "0018,1063");
  EXPECT_EQ(model_of(d), R"({"00200011":{"vr":"IS","Value":["many"]},)"
                         R"("00200032":{"vr":"DS","Value":[1.50,-0.5,2E1]},)"
                         R"("00280009":{"vr":"AT","Value":["00181063"]},)"
                         R"("00280010":{"vr":"US","Value":[512]},)"
                         R"("00291001":{"vr":"UV","Value":["18446744073709551615"]}})");
}

TEST(DicomJson, ShortBinaryValuesAreInlineAndLongOnesHaveAUri) {
  Dataset d;
  d.set_bytes(kPrivate, Vr::OB, std::string("\x00\xff", 2) + "a");
  d.add_item(tags::ReferencedStudySequence);
  d.add_item(tags::ReferencedStudySequence)
      .set_bytes(kPrivate, Vr::UN, std::string(kInlineBytesMax + 2, 'x'));
  EXPECT_EQ(
      model_of(d, "http://h/b"),
      R"({"00081110":{"vr":"SQ","Value":[{},{"00291001":{"vr":"UN","BulkDataURI":"http://h/b/00081110/1/00291001"}}]},)"
      R"("00291001":{"vr":"OB","InlineBinary":"AP9hAA=="}})");

  const auto place = find_bulk_data(d, "00081110/1/00291001");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->element->value.size(), kInlineBytesMax + 2);
  for (const char* path :
       {"", "00081110", "00081110/2/00291001", "00081110/1", "00291002", "x", "0008111000"})
    EXPECT_FALSE(find_bulk_data(d, path)) << path;
}

TEST(DicomJson, PixelDataIsNeverInlineAndGroup2IsLeftOut) {
  const std::string bytes = make_dicom().pixels(2, 2, 8).bytes();
  const auto source = memory_source(bytes);
  const auto file = read_dicom(*source);
  ASSERT_OK(file);
  const auto text = dicom_json(file->dataset, "/b");
  EXPECT_NE(text.find(R"("BulkDataURI":"/b/7FE00010")"), text.npos) << text;
  EXPECT_EQ(text.find("InlineBinary"), text.npos);
  EXPECT_EQ(text.find("\"0002"), text.npos);
  EXPECT_EQ(dicom_json(file->dataset).find("BulkDataURI"), std::string::npos);
}

}  // namespace
}  // namespace dcmfs
