#include "store/dicom/reader.h"

#include <gtest/gtest.h>

#include "tests/store/dicom/raw_dicom.h"
#include "tests/store/dicom/read_text.h"
#include "tests/support/make_dicom.h"

namespace dcmfs {
namespace {

using namespace std::string_literals;

std::string without_meta(const std::string& file) {
  ReadText read(file);
  return file.substr(static_cast<std::size_t>(read->dataset_offset));
}

// -- where a data set begins and how it is encoded

TEST(Reader, ReadsAPart10File) {
  ReadText file(make_dicom().patient("12345678", "DOE^JOHN").pixels(2, 3, 16).bytes());

  ASSERT_OK(file.result);
  EXPECT_EQ(file.text(tags::PatientID), "12345678");
  EXPECT_EQ(file->meta.text(tags::TransferSyntaxUID), uids::ExplicitVRLittleEndian);
  EXPECT_EQ(file->syntax->uid, uids::ExplicitVRLittleEndian);
  EXPECT_EQ(file->dataset.find(tags::PixelData)->value, "\0\0\1\0\2\0\3\0\4\0\5\0"s);
  EXPECT_FALSE(file->truncated);
}

class ReaderOfSyntax : public testing::TestWithParam<std::string_view> {};
INSTANTIATE_TEST_SUITE_P(Native, ReaderOfSyntax,
                         testing::Values(uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian,
                                         uids::ExplicitVRBigEndian));

TEST_P(ReaderOfSyntax, NeedsNoPreambleAndNoMetaHeader) {
  const std::string bytes = make_dicom().patient("12345678", "DOE").in(GetParam()).bytes();

  for (const std::string& shorter : {bytes.substr(128), bytes.substr(132), without_meta(bytes)}) {
    ReadText file(shorter);
    ASSERT_OK(file.result);
    EXPECT_EQ(file.text(tags::PatientID), "12345678");
    EXPECT_EQ(file->syntax->uid, GetParam());
    EXPECT_EQ(file->syntax_uid, GetParam());
  }
}

TEST_P(ReaderOfSyntax, BelievesTheFirstElementMoreThanTheMetaHeader) {
  const std::string dataset = without_meta(make_dicom().patient("1", "DOE").in(GetParam()).bytes());

  for (std::string_view declared :
       {uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian, uids::ExplicitVRBigEndian}) {
    ReadText file(raw::part10(declared, dataset));
    ASSERT_OK(file.result);
    EXPECT_EQ(file.text(tags::PatientName), "DOE") << declared;
    EXPECT_EQ(file->syntax->uid, GetParam()) << declared;
    EXPECT_EQ(file->meta.text(tags::TransferSyntaxUID), declared);
  }
}

TEST(Reader, TakesADataSetThatIsDeclaredDeflatedButIsNot) {
  ReadText file(raw::part10(uids::DeflatedExplicitVRLittleEndian, raw::explicit_start()));

  ASSERT_OK(file.result);
  EXPECT_EQ(file.text(tags::SOPInstanceUID), "1.2.3.40");
  EXPECT_EQ(file->syntax->uid, uids::ExplicitVRLittleEndian);
}

TEST(Reader, CleansTheTransferSyntax) {
  for (const std::string& padding : {"\0"s, " "s, "  \0"s, "\0garbage"s, "\n"s}) {
    ReadText file(raw::part10("1.2.840.10008.1.2.1" + padding, raw::explicit_start()));
    ASSERT_OK(file.result);
    EXPECT_EQ(file->syntax_uid, "1.2.840.10008.1.2.1");
  }
}

TEST(Reader, ReadsAnUnknownTransferSyntaxAsExplicitVr) {
  ReadText file(raw::part10("1.2.3.4.5", raw::explicit_start()));

  ASSERT_OK(file.result);
  EXPECT_EQ(file->syntax, nullptr);
  EXPECT_EQ(file->syntax_uid, "1.2.3.4.5");
  EXPECT_EQ(file.text(tags::SOPInstanceUID), "1.2.3.40");
}

TEST(Reader, FindsTheSyntaxWhereTheMetaHeaderDoesNotTell) {
  const std::string meta = std::string(128, '\0') + "DICM" +
                           raw::short_element(tags::MediaStorageSOPInstanceUID, "UI", "1.2.3.40");
  ReadText file(meta + raw::implicit_start());

  ASSERT_OK(file.result);
  EXPECT_EQ(file->syntax_uid, uids::ImplicitVRLittleEndian);
  EXPECT_EQ(file.text(tags::SOPInstanceUID), "1.2.3.40");
}

TEST(Reader, DoesNotNeedARightGroupLength) {
  for (std::uint32_t length : {0u, 7u, 100000u, 0xffffffffu}) {
    std::string bytes = raw::explicit_file("");
    bytes.replace(128 + 4 + 8, 4, raw::le32(length));
    ReadText file(bytes);
    ASSERT_OK(file.result);
    EXPECT_EQ(file.text(tags::SOPInstanceUID), "1.2.3.40");
  }
}

TEST(Reader, ReadsAnImplicitMetaHeader) {
  ReadText file(std::string(128, '\0') + "DICM" +
                raw::implicit_element(tags::MediaStorageSOPInstanceUID, "1.2.3.40") +
                raw::implicit_element(tags::TransferSyntaxUID, "1.2.840.10008.1.2\0"s) +
                raw::implicit_start());

  ASSERT_OK(file.result);
  EXPECT_EQ(file->meta.text(tags::TransferSyntaxUID), uids::ImplicitVRLittleEndian);
  EXPECT_EQ(file.text(tags::SOPInstanceUID), "1.2.3.40");
}

TEST(Reader, LeavesOutACommandAndASecondMetaHeader) {
  const std::string command = raw::implicit_element({0x0000, 0x0000}, raw::le32(10)) +
                              raw::implicit_element({0x0000, 0x0100}, raw::le16(1));
  const std::string meta =
      raw::short_element(tags::MediaStorageSOPInstanceUID, "UI", "9.9.9.99") +
      raw::short_element(tags::TransferSyntaxUID, "UI", "1.2.840.10008.1.2.1\0"s);

  for (const std::string& before : {command, meta, command + meta}) {
    for (const std::string& bytes : {raw::part10(uids::ExplicitVRLittleEndian, before), before}) {
      ReadText file(bytes + raw::explicit_start());
      ASSERT_OK(file.result);
      EXPECT_EQ(file->dataset.begin()->tag, tags::SOPClassUID);
      EXPECT_EQ(file.text(tags::SOPInstanceUID), "1.2.3.40");
    }
  }
}

TEST(Reader, IsNotMisledByLettersInThePlaceOfThePrefix) {
  std::string bytes = raw::explicit_start() +
                      raw::short_element(tags::StudyDescription, "LO", std::string(200, 'x'));
  bytes.replace(128, 4, "DICM");
  ReadText file(bytes);

  ASSERT_OK(file.result);
  EXPECT_EQ(file->dataset.size(), 3u);
}

TEST(Reader, DoesNotTakeOtherFilesForDicom) {
  const std::string zeros(4096, '\0');
  for (const std::string& bytes :
       {""s, "x"s, "hello, world, this is a text\n"s + std::string(500, 'a'),
        "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0\0\0\1\0\x08\2\0\0\0"s + zeros,
        "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1"s + zeros, "PK\3\4\x14\0\0\0\x08\0"s + zeros,
        "%PDF-1.4\n"s + zeros,
        "\x7f"
        "ELF\2\1\1\0"s +
            zeros,
        "MZ\x90\0\3\0\0\0"s + zeros, "GIF89a\x08\0\x08\0"s + zeros,
        "II*\0\x08\0\0\0\x08\0\0\1"s + zeros, zeros, std::string(4096, '\xff'),
        "<html><body>DICM</body></html>"s,
        // One plausible element by chance is not enough.
        "\x08\0\x05\0"s + zeros.substr(0, 64) + "more"}) {
    ReadText file(bytes);
    ASSERT_FALSE(file.result.ok()) << testing::PrintToString(bytes.substr(0, 16));
    EXPECT_EQ(file.result.error().code, Errc::not_dicom);
  }
}

TEST(Reader, RefusesAFileWithoutADataSet) {
  for (const std::string& bytes :
       {std::string(128, '\0') + "DICM", raw::part10(uids::ExplicitVRLittleEndian, ""),
        std::string(128, '\0') + "DICM" + std::string(1000, '\x55')}) {
    ReadText file(bytes);
    ASSERT_FALSE(file.result.ok());
    EXPECT_EQ(file.result.error().code, Errc::corrupt);
  }
}

// -- long values

TEST(Reader, LeavesLongValuesOnDisk) {
  for (std::string_view syntax : {uids::ExplicitVRLittleEndian, uids::ExplicitVRBigEndian,
                                  uids::DeflatedExplicitVRLittleEndian}) {
    const auto builder = make_dicom().pixels(100, 100, 16).in(syntax);
    ReadText file(builder.bytes(), {.value_bytes_max = 1000});

    ASSERT_OK(file.result);
    const Element* pixels = file->dataset.find(tags::PixelData);
    EXPECT_TRUE(pixels->on_disk());
    EXPECT_EQ(pixels->length, 20000);
    EXPECT_EQ(*read_value(*file, *pixels, 1 << 20), builder.dataset().find(tags::PixelData)->value);
    EXPECT_EQ(*read_value(*file, *pixels, 4), "\0\0\1\0"s);
    EXPECT_EQ(*read_value(*file, *file->dataset.find(tags::PatientID), 10), "1 ");
  }
}

TEST(Reader, KeepsTextSixteenTimesAsLong) {
  const std::string text(16000, 'x');
  ReadText file(raw::explicit_file(raw::long_element({0x0008, 0x0119}, "UC", text) +
                                   raw::long_element({0x0040, 0xa160}, "UT", text + "xx")),
                {.value_bytes_max = 1000});

  ASSERT_OK(file.result);
  EXPECT_EQ(file.text({0x0008, 0x0119}), text);
  EXPECT_TRUE(file->dataset.find({0x0040, 0xa160})->on_disk());
}

TEST(Reader, WalksThroughFragmentsToWhatIsBehind) {
  const std::string pixels = raw::long_header(tags::PixelData, "OB", raw::kUndefined) +
                             raw::item(raw::le32(0)) + raw::item("abcd") + raw::item("efghij") +
                             raw::end_sequence();
  ReadText file(raw::part10("1.2.840.10008.1.2.5",
                            raw::explicit_start() + pixels +
                                raw::long_element(tags::DataSetTrailingPadding, "OB", "\0\0"s)));

  ASSERT_OK(file.result);
  const Element* element = file->dataset.find(tags::PixelData);
  EXPECT_EQ(element->vr, Vr::OB);
  EXPECT_EQ(element->length, Element::kUndefinedLength);
  EXPECT_EQ(element->fragment_bytes, 10);
  EXPECT_TRUE(element->on_disk());
  EXPECT_EQ(*read_bytes(*file, element->offset, 8), raw::item(raw::le32(0)).substr(0, 8));
  EXPECT_EQ(*read_value(*file, *element, 1000),
            raw::item(raw::le32(0)) + raw::item("abcd") + raw::item("efghij"));
  EXPECT_EQ(*read_value(*file, *element, 26), raw::item(raw::le32(0)) + raw::item("abcd"));
  EXPECT_TRUE(file->dataset.contains(tags::DataSetTrailingPadding));
  EXPECT_FALSE(file->truncated);
}

// -- what is not whole

TEST(Reader, SaysThatFragmentsAreTruncated) {
  const std::string start = raw::explicit_start() +
                            raw::long_header(tags::PixelData, "OB", raw::kUndefined) +
                            raw::item("") + raw::item("abcd");
  for (const std::string& end : {""s, raw::implicit_header({0xfffe, 0xe000}, 100) + "abc",
                                 "\xfe\xff\0"s, raw::short_element(tags::PatientID, "LO", "1 ")}) {
    ReadText file(raw::part10("1.2.840.10008.1.2.5", start + end));
    ASSERT_OK(file.result);
    EXPECT_TRUE(file->truncated);
    EXPECT_EQ(file->dataset.find(tags::PixelData)->fragment_bytes, 4);
  }
}

TEST(Reader, KeepsTheDeclaredLengthOfTruncatedPixelData) {
  for (std::uint32_t length : {100u, 1000000u}) {
    ReadText file(raw::explicit_file(raw::long_header(tags::PixelData, "OW", length) + "abcd"));
    ASSERT_OK(file.result);
    EXPECT_TRUE(file->truncated);
    const Element* pixels = file->dataset.find(tags::PixelData);
    ASSERT_NE(pixels, nullptr);
    EXPECT_EQ(pixels->length, length);
    EXPECT_TRUE(pixels->on_disk());
    EXPECT_EQ(pixels->offset + 4, file->content->size());
    EXPECT_EQ(*read_value(*file, *pixels, 1 << 20), "abcd");
  }
}

TEST(Reader, KeepsWhatWasWholeBeforeTheEnd) {
  ReadText file(raw::explicit_file(raw::long_header(tags::ReferencedStudySequence, "SQ", 1000) +
                                   raw::implicit_header({0xfffe, 0xe000}, 500) +
                                   raw::short_element(tags::PatientName, "PN", "A ") +
                                   raw::tag(tags::PatientID) + "LO\x20\0ab"s));

  ASSERT_OK(file.result);
  EXPECT_TRUE(file->truncated);
  EXPECT_EQ(file->dataset.item(tags::ReferencedStudySequence)->text(tags::PatientName), "A");
  EXPECT_FALSE(file->dataset.item(tags::ReferencedStudySequence)->contains(tags::PatientID));
}

TEST(Reader, InflatesAlsoWithTheHeaderOfZlib) {
  const std::string bytes =
      make_dicom().patient("12345678", "DOE").in(uids::DeflatedExplicitVRLittleEndian).bytes();
  ReadText raw_stream(bytes);
  ASSERT_OK(raw_stream.result);
  EXPECT_EQ(raw_stream.text(tags::PatientID), "12345678");

  std::string with_header = bytes;
  with_header.insert(static_cast<std::size_t>(raw_stream->dataset_offset), "\x78\x9c");
  ReadText zlib_stream(with_header);
  ASSERT_OK(zlib_stream.result);
  EXPECT_EQ(zlib_stream.text(tags::PatientID), "12345678");
}

TEST(Reader, KeepsWhatADamagedDeflateStreamGave) {
  const std::string bytes =
      make_dicom().pixels(100, 100, 16).in(uids::DeflatedExplicitVRLittleEndian).bytes();
  ReadText file(bytes.substr(0, bytes.size() - 100));

  ASSERT_OK(file.result);
  EXPECT_TRUE(file->truncated);
  EXPECT_EQ(file->dataset.integer(tags::Rows), 100);
}

TEST(BareDataset, IsReadInEachTransferSyntax) {
  const Dataset written = make_dicom().patient("4711", "DOE^JANE").dataset();
  for (const auto uid : {uids::ImplicitVRLittleEndian, uids::ExplicitVRLittleEndian,
                         uids::ExplicitVRBigEndian, uids::DeflatedExplicitVRLittleEndian}) {
    const TransferSyntax& syntax = *find_transfer_syntax(uid);
    const auto bytes = encode_dataset(written, syntax);

    const auto read = read_bare_dataset(*bytes, syntax);

    ASSERT_OK(read);
    EXPECT_EQ(read->size(), written.size()) << uid;
    EXPECT_EQ(read->text_or(tags::PatientID, ""), "4711") << uid;
  }
}

TEST(BareDataset, MayBeEmpty) {
  EXPECT_OK(read_bare_dataset("", *find_transfer_syntax(uids::ExplicitVRLittleEndian)));
}

TEST(BareDataset, KeepsLongValuesInMemory) {
  const TransferSyntax& syntax = *find_transfer_syntax(uids::ExplicitVRLittleEndian);
  Dataset written;
  written.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
  written.set_bytes(tags::PixelData, Vr::OW, std::string(5'000'000, 'x'));

  const auto read = read_bare_dataset(*encode_dataset(written, syntax), syntax);

  ASSERT_OK(read);
  EXPECT_EQ(read->find(tags::PixelData)->value.size(), 5'000'000u);
}

TEST(BareDataset, OneThatIsCutIsCorrupt) {
  const TransferSyntax& syntax = *find_transfer_syntax(uids::ExplicitVRLittleEndian);
  const std::string bytes = *encode_dataset(make_dicom().dataset(), syntax);

  const auto read = read_bare_dataset(bytes.substr(0, bytes.size() - 1), syntax);

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::corrupt);
}

TEST(BareDataset, HasLimits) {
  const TransferSyntax& plain = *find_transfer_syntax(uids::ExplicitVRLittleEndian);
  const TransferSyntax& deflated = *find_transfer_syntax(uids::DeflatedExplicitVRLittleEndian);
  Dataset large, many, deep;
  large.set_bytes(tags::PixelData, Vr::OW, std::string(2'000'000, 'x'));
  for (int i = 0; i < 100; ++i) many.add_item(tags::ReferencedSeriesSequence);
  Dataset* inner = &deep;
  for (int i = 0; i < 200; ++i) inner = &inner->add_item(tags::ReferencedSeriesSequence);
  const auto code_of = [](const auto& read) { return read ? Errc::not_found : read.error().code; };
  const BareLimits limits{.bytes_max = 1'000'000, .elements_max = 100};

  EXPECT_EQ(code_of(read_bare_dataset(*encode_dataset(large, plain), plain, limits)),
            Errc::too_large);
  EXPECT_EQ(code_of(read_bare_dataset(*encode_dataset(large, deflated), deflated, limits)),
            Errc::too_large);
  EXPECT_EQ(code_of(read_bare_dataset(*encode_dataset(many, plain), plain, limits)),
            Errc::too_large);
  EXPECT_EQ(code_of(read_bare_dataset(*encode_dataset(deep, plain), plain)), Errc::too_large);
}

}  // namespace
}  // namespace dcmfs
