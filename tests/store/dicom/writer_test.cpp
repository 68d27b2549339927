#include "store/dicom/writer.h"

#include <gtest/gtest.h>

#include "tests/store/dicom/raw_dicom.h"
#include "tests/store/dicom/read_text.h"
#include "tests/support/make_dicom.h"

namespace dcmfs {
namespace {

using namespace std::string_literals;

void expect_same(const Dataset& a, const Dataset& b) {
  ASSERT_EQ(a.size(), b.size());
  for (auto left = a.begin(), right = b.begin(); left != a.end(); ++left, ++right) {
    ASSERT_EQ(left->tag, right->tag);
    EXPECT_EQ(left->vr, right->vr) << to_string(left->tag);
    EXPECT_EQ(left->value, right->value) << to_string(left->tag);
    ASSERT_EQ(left->items.size(), right->items.size()) << to_string(left->tag);
    for (std::size_t i = 0; i < left->items.size(); ++i) {
      expect_same(left->items[i], right->items[i]);
    }
  }
}

// One attribute of every VR, and sequences in sequences.
Dataset one_of_each() {
  auto builder = make_dicom().pixels(3, 3, 16);
  Dataset& dataset = builder.dataset();
  dataset.set_text({0x0008, 0x0119}, "unlimited \\ characters");  // UC
  dataset.set_text({0x0008, 0x0120}, "http://example.org/x");     // UR
  dataset.set_text({0x0072, 0x0061}, "20040119");                 // DA
  dataset.set_text({0x0072, 0x0063}, "20040119072730");           // DT
  dataset.set_text({0x0072, 0x005f}, "010Y");                     // AS
  dataset.set_text({0x0072, 0x0068}, " long text\\here");         // LT
  dataset.set_text({0x0072, 0x006e}, "short text");               // ST
  dataset.set_text({0x0072, 0x0070}, "any text");                 // UT
  dataset.set_text(tags::RetrieveAETitle, "AET");
  dataset.set_text(tags::FrameIncrementPointer, "00181063");
  dataset.set_numbers({0x0072, 0x0072}, {1.5, -2});         // DS
  dataset.set_numbers({0x0072, 0x0074}, {1.5, -2e300});     // FD
  dataset.set_numbers({0x0072, 0x0076}, {1.5, -2e30});      // FL
  dataset.set_numbers({0x0072, 0x0078}, {4000000000.});     // UL
  dataset.set_numbers({0x0072, 0x007a}, {1, 65535});        // US
  dataset.set_numbers({0x0072, 0x007c}, {-2147483648.});    // SL
  dataset.set_numbers({0x0072, 0x007e}, {-32768});          // SS
  dataset.set_text({0x0072, 0x0082}, "-9007199254740993");  // SV
  dataset.set_numbers({0x0072, 0x0083}, {1e18});            // UV
  dataset.set_bytes({0x0072, 0x0065}, Vr::OB, "\1\2\3\4"s);
  dataset.set_bytes({0x0072, 0x0067}, Vr::OF, "\1\2\3\4"s);
  dataset.set_bytes({0x0072, 0x0069}, Vr::OW, "\1\2\3\4"s);
  dataset.set_bytes({0x0072, 0x0073}, Vr::OD, "\1\2\3\4\5\6\7\x08"s);
  dataset.set_bytes({0x0072, 0x0075}, Vr::OL, "\1\2\3\4"s);
  dataset.set_bytes({0x0072, 0x0081}, Vr::OV, "\1\2\3\4\5\6\7\x08"s);
  dataset.set_bytes({0x0009, 0x0010}, Vr::LO, "ACME");
  dataset.set_bytes({0x0009, 0x1001}, Vr::UN, "\1\2\3\4"s);
  dataset.add_item(tags::ReferencedSeriesSequence).set_text(tags::Modality, "CT");
  Dataset& item = dataset.add_item(tags::ReferencedSeriesSequence);
  item.add_item(tags::ReferencedImageSequence).set_number(tags::Rows, 7);
  dataset.add_item(tags::VOILUTSequence);
  return dataset;
}

class WriterOfSyntax : public testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(Native, WriterOfSyntax,
                         testing::Values(uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian,
                                         uids::ExplicitVRBigEndian,
                                         uids::DeflatedExplicitVRLittleEndian));

TEST_P(WriterOfSyntax, WritesWhatTheReaderReads) {
  const Dataset dataset = one_of_each();

  const auto bytes = encode_file(dataset, *find_transfer_syntax(GetParam()));

  ASSERT_OK(bytes);
  ReadText file(*bytes);
  ASSERT_OK(file.result);
  EXPECT_EQ(file->syntax->uid, GetParam());
  EXPECT_FALSE(file->truncated);
  expect_same(dataset, file->dataset);
}

TEST(Writer, WritesTheMetaHeaderOfPs3_10) {
  const std::string bytes =
      *encode_file(one_of_each(), *find_transfer_syntax(uids::ExplicitVRBigEndian));

  ReadText file(bytes);
  EXPECT_EQ(bytes.substr(128, 4), "DICM");
  const std::int64_t group_length = *file->meta.integer(tags::FileMetaInformationGroupLength);
  EXPECT_EQ(file->dataset_offset, 128 + 4 + 12 + group_length);
  EXPECT_EQ(file->meta.text(tags::MediaStorageSOPInstanceUID), file.text(tags::SOPInstanceUID));
  EXPECT_EQ(file->meta.text(tags::ImplementationClassUID), kImplementationClassUID);
  EXPECT_TRUE(is_valid_uid(kImplementationClassUID));
  EXPECT_FALSE(file->meta.contains(tags::SourceApplicationEntityTitle));
}

TEST(Writer, NamesTheSenderInTheMetaHeader) {
  ReadText file(encode_meta("1.2.3", "1.2.4", uids::ImplicitVRLittleEndian, "SENDER") +
                raw::implicit_start());

  EXPECT_EQ(file->meta.text(tags::SourceApplicationEntityTitle), "SENDER");
}

TEST(Writer, NeedsTheUidsOfTheInstance) {
  const auto bytes = encode_file(make_dicom().erase(tags::SOPInstanceUID).dataset(),
                                 *find_transfer_syntax(uids::ExplicitVRLittleEndian));

  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.error().code, Errc::invalid_argument);
}

TEST(Writer, PadsToAnEvenLength) {
  Dataset dataset;
  for (const auto& [tag, vr] :
       {std::pair{tags::SOPInstanceUID, Vr::UI}, {tags::PatientID, Vr::LO}}) {
    Element element;
    element.tag = tag;
    element.vr = vr;
    element.value = "1";
    dataset.set(element);
  }

  EXPECT_EQ(*encode_dataset(dataset, *find_transfer_syntax(uids::ExplicitVRLittleEndian)),
            raw::short_element(tags::SOPInstanceUID, "UI", "1\0"s) +
                raw::short_element(tags::PatientID, "LO", "1 "));
}

TEST(Writer, LeavesOutGroupLengths) {
  Dataset dataset;
  dataset.set_number({0x0008, 0x0000}, 100);
  dataset.set_text(tags::PatientID, "77");

  EXPECT_EQ(*encode_dataset(dataset, *find_transfer_syntax(uids::ExplicitVRLittleEndian)),
            raw::short_element(tags::PatientID, "LO", "77"));
}

// PS3.5 6.2.2 note 2
TEST(Writer, WritesAsUnknownWhatIsTooLongForItsVr) {
  for (std::string_view syntax : {uids::ExplicitVRLittleEndian, uids::ExplicitVRBigEndian}) {
    auto builder = make_dicom().in(syntax);
    builder.dataset().set_text(tags::PixelSpacing, std::string(70000, '1'));
    builder.dataset().set_bytes(tags::Rows, Vr::US, std::string(70000, '\1'));
    ReadText file(builder.bytes(), {.value_bytes_max = 1 << 20});

    ASSERT_OK(file.result);
    EXPECT_EQ(file->dataset.find(tags::PixelSpacing)->value, std::string(70000, '1'));
    EXPECT_EQ(file->dataset.find(tags::PixelSpacing)->vr, Vr::DS);
    EXPECT_EQ(file->dataset.integer(tags::Rows, 34999), 0x0101);
  }
}

TEST(Writer, WritesEncapsulatedPixelData) {
  const std::string items = raw::item("") + raw::item("abcd");
  auto builder = make_dicom().set_bytes(tags::PixelData, Vr::OB, items);
  Dataset& icon = builder.dataset().add_item({0x0088, 0x0200});
  icon.set_bytes(tags::PixelData, Vr::OB, "icon");  // native, which PS3.5 A.4 allows
  ReadText file(*encode_file(builder.dataset(), *find_transfer_syntax(uids::RLELossless)));

  ASSERT_OK(file.result);
  const Element* pixels = file->dataset.find(tags::PixelData);
  EXPECT_EQ(pixels->length, Element::kUndefinedLength);
  EXPECT_EQ(*read_value(*file, *pixels, 1000), items);
  EXPECT_EQ(file->dataset.item({0x0088, 0x0200})->find(tags::PixelData)->value, "icon");
  EXPECT_FALSE(file->truncated);
}

TEST(Writer, RefusesAValueThatIsStillOnDisk) {
  ReadText file(make_dicom().pixels(10, 10, 16).bytes(), {.value_bytes_max = 100});

  const auto bytes = encode_dataset(file->dataset, *file->syntax);

  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.error().code, Errc::invalid_argument);
}

}  // namespace
}  // namespace dcmfs
