#include "store/dicom/json.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/store/dicom/raw_dicom.h"
#include "tests/store/dicom/read_text.h"
#include "tests/store/dicom/strict_json.h"
#include "tests/support/make_dicom.h"

namespace dcmfs {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::Not;

// The value of the only attribute, as JSON.
std::string value_of(const Dataset& dataset) {
  const std::string json = keyword_json(dataset);
  EXPECT_EQ(StrictJson::error_of(json), "") << json;
  const std::size_t begin = json.find(": ") + 2;
  return json.substr(begin, json.size() - begin - std::string_view("\n}\n").size());
}

std::string value_of(Tag tag, std::string_view text) {
  Dataset dataset;
  dataset.set_text(tag, text);
  return value_of(dataset);
}

TEST(StrictJson, TellsJsonFromWhatIsNot) {
  EXPECT_EQ(StrictJson::error_of("{\"a\": [1, -0.5e+3, null, \"x\\u000A\"], \"b\": {}}\n"), "");
  for (const char* wrong :
       {"", "{\"a\": 1, \"a\": 2}", "[1,]", "[01]", "[1.]", "[.5]", "[+1]", "[NaN]", "[\"\n\"]",
        "{} {}", "[\"\\x\"]", "[\"\xff\"]", "{\"a\"}", "[1"}) {
    EXPECT_NE(StrictJson::error_of(wrong), "") << wrong;
  }
}

TEST(KeywordJson, IsPrintedOneAttributeToALine) {
  Dataset dataset;
  dataset.set_text(tags::ImageType, "ORIGINAL\\PRIMARY");
  dataset.set_text(tags::PatientName, "DOE^JOHN");
  dataset.set_text(tags::PatientBirthDate, "");
  dataset.add_item(tags::ReferencedStudySequence).set_text(tags::ReferencedSOPInstanceUID, "1.2");
  dataset.add_item(tags::ReferencedStudySequence);
  dataset.set_number(tags::Rows, 512);
  dataset.set_text(tags::PixelSpacing, "0.5\\0.50");

  EXPECT_EQ(keyword_json(dataset), R"({
  "ImageType": ["ORIGINAL", "PRIMARY"],
  "ReferencedStudySequence": [
    {
      "ReferencedSOPInstanceUID": "1.2"
    },
    {}
  ],
  "PatientName": "DOE^JOHN",
  "PatientBirthDate": null,
  "Rows": 512,
  "PixelSpacing": [0.5, 0.50]
}
)");
}

TEST(KeywordJson, OfNothingIsAnEmptyObject) {
  EXPECT_EQ(keyword_json(Dataset()), "{}\n");
}

TEST(KeywordJson, BeginsWithTheMetaHeader) {
  ReadText file(make_dicom().bytes());

  const std::string json = keyword_json(*file);

  EXPECT_EQ(StrictJson::error_of(json), "");
  EXPECT_EQ(json.find("{\n  \"FileMetaInformationVersion\": {\"BinaryLength\": 2},\n"), 0u);
  EXPECT_THAT(json, HasSubstr("  \"TransferSyntaxUID\": \"1.2.840.10008.1.2.1\",\n"));
  EXPECT_THAT(json, HasSubstr("  \"SpecificCharacterSet\": \"ISO_IR 192\",\n"));
  EXPECT_THAT(json, Not(HasSubstr("GroupLength")));
}

TEST(KeywordJson, WritesDecimalStringsWithTheDigitsTheyHave) {
  const std::pair<const char*, const char*> kCases[] = {
      {"  12.50 ", "12.50"},
      {"+1", "1"},
      {"-.5", "-0.5"},
      {"1.", "1"},
      {"007", "7"},
      {"-000", "-0"},
      {"1E+05", "1E+05"},
      {".5e3", "0.5e3"},
      {"1.e2", "1e2"},
      {"00.10", "0.10"},
      {"12345678901234567890", "12345678901234567890"},
  };
  for (const auto& [text, json] : kCases) {
    EXPECT_EQ(value_of(tags::SliceThickness, text), json) << text;
    EXPECT_EQ(value_of(tags::InstanceNumber, text), json) << text;
  }
}

TEST(KeywordJson, WritesAsTextWhatIsNoNumber) {
  for (const char* text :
       {"1e999", "nan", "inf", "1,5", "12a", ".", "-", "e5", "1e", "0x10", "1 2", "--1"}) {
    EXPECT_EQ(value_of(tags::SliceThickness, text), "\"" + std::string(text) + "\"");
  }
  const std::string longer = std::string(100, '1');
  EXPECT_EQ(value_of(tags::SliceThickness, longer), "\"" + longer + "\"");
  EXPECT_EQ(value_of(tags::PixelSpacing, "1\\\\x"), "[1, null, \"x\"]");
}

TEST(KeywordJson, WritesBinaryNumbers) {
  const Tag kFloat{0x0072, 0x0076}, kDouble{0x0072, 0x0074};
  EXPECT_EQ(value_of(tags::FrameIncrementPointer, "00181063"), "\"00181063\"");
  EXPECT_EQ(value_of(kFloat, "0.1"), "0.1");
  EXPECT_EQ(value_of(kDouble, "0.1\\1e300\\-0.0"), "[0.1, 1e+300, -0]");
  EXPECT_EQ(value_of({0x0072, 0x0082}, "-9007199254740993"), "-9007199254740993");
  Dataset dataset;
  dataset.set_bytes(kFloat, Vr::FL, "\0\0\x80\x7f\0\0\x80\xff\0\0\xc0\x7f"s);
  EXPECT_EQ(value_of(dataset), R"(["Infinity", "-Infinity", "NaN"])");
}

TEST(KeywordJson, WritesOnlyTheLengthOfBulkData) {
  Dataset dataset;
  dataset.set_bytes(tags::PixelData, Vr::OW, std::string(1000, 'x'));
  EXPECT_EQ(value_of(dataset), R"({"BinaryLength": 1000})");

  Dataset table;
  table.set_bytes(tags::LUTData, Vr::US, std::string(2 * 256, 'x'));
  EXPECT_THAT(value_of(table), testing::StartsWith("[30840, "));
  table.set_bytes(tags::LUTData, Vr::US, std::string(2 * 257, 'x'));
  EXPECT_EQ(value_of(table), R"({"BinaryLength": 514})");

  Dataset odd;
  odd.set_bytes(tags::Rows, Vr::UL, "xx");
  EXPECT_EQ(value_of(odd), R"({"BinaryLength": 2})");
}

TEST(KeywordJson, CountsTheBytesOfFragments) {
  const std::string items = raw::item(raw::le32(0)) + raw::item("abcd") + raw::item("ef");
  ReadText file(raw::part10("1.2.840.10008.1.2.5",
                            raw::explicit_start() +
                                raw::long_header(tags::PixelData, "OB", raw::kUndefined) + items +
                                raw::end_sequence()));
  EXPECT_THAT(keyword_json(*file), HasSubstr(R"("PixelData": {"BinaryLength": 6})"));

  Dataset in_memory;
  Element pixels;
  pixels.tag = tags::PixelData;
  pixels.vr = Vr::OB;
  pixels.value = items;
  pixels.length = Element::kUndefinedLength;
  in_memory.set(pixels);
  EXPECT_EQ(value_of(in_memory), R"({"BinaryLength": 6})");
}

TEST(KeywordJson, WritesTheLengthOfWhatStayedOnDisk) {
  ReadText file(
      raw::explicit_file(raw::long_element({0x0040, 0xa160}, "UT", std::string(100, 'x'))),
      {.value_bytes_max = 2});

  EXPECT_THAT(keyword_json(*file), HasSubstr(R"("TextValue": {"BinaryLength": 100})"));
}

TEST(KeywordJson, NamesPrivateAttributesByTheirCreator) {
  Dataset dataset;
  dataset.set_bytes({0x0029, 0x0010}, Vr::LO, "ACME \"1\"");
  dataset.set_bytes({0x0029, 0x0011}, Vr::LO, "ACME \"1\"");  // the same again
  dataset.set_bytes({0x0029, 0x1001}, Vr::LO, "a ");
  dataset.set_bytes({0x0029, 0x1101}, Vr::LO, "b ");
  dataset.set_bytes({0x0029, 0x1201}, Vr::UN, "c ");  // without a creator
  dataset.set_bytes({0x0029, 0x0100}, Vr::UN, "d ");  // where none can be
  dataset.set_bytes({0x0008, 0x7777}, Vr::LO, "e ");

  const std::string json = keyword_json(dataset);

  EXPECT_EQ(StrictJson::error_of(json), "");
  EXPECT_EQ(json, R"({
  "Unknown_0008_7777": "e",
  "PrivateCreator_0029_10": "ACME \"1\"",
  "PrivateCreator_0029_11": "ACME \"1\"",
  "Private_0029_0100": {"BinaryLength": 2},
  "Private_0029_01_ACME \"1\"": "a",
  "Private_0029_1101_ACME \"1\"": "b",
  "Private_0029_1201": {"BinaryLength": 2}
}
)");
}

TEST(KeywordJson, TellsRepeatingGroupsApart) {
  Dataset dataset;
  for (const auto group : std::to_array<std::uint16_t>({0x6000, 0x6002, 0x601e}))
    dataset.set_number({group, 0x0010}, 5);

  EXPECT_EQ(keyword_json(dataset), R"({
  "OverlayRows": 5,
  "OverlayRows_6002": 5,
  "OverlayRows_601E": 5
}
)");
}

TEST(KeywordJson, EscapesAndRepairsText) {
  Dataset dataset;
  dataset.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
  dataset.set_bytes(tags::PatientComments, Vr::LT,
                    "\"\\\n\r\t\x01\x7f\xff"
                    "Bürger");

  const std::string json = keyword_json(dataset);

  EXPECT_EQ(StrictJson::error_of(json), "");
  EXPECT_THAT(json, HasSubstr("\"\\\"\\\\\\n\\r\\t\\u0001\x7f\xef\xbf\xbd"
                              "Bürger\""));
}

TEST(KeywordJson, KeepsAllComponentGroupsOfAName) {
  Dataset dataset;
  dataset.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
  dataset.set_text(tags::PatientName, "Yamada^Tarou=山田^太郎=やまだ^たろう");

  EXPECT_THAT(keyword_json(dataset), HasSubstr("\"Yamada^Tarou=山田^太郎=やまだ^たろう\""));
}

TEST(KeywordJson, DoesNotRepeatAnEndlessCreator) {
  Dataset dataset;
  dataset.set_bytes({0x0029, 0x0010}, Vr::LO, std::string(100000, 'x'));
  for (std::uint16_t element = 0x1000; element < 0x1100; ++element) {
    dataset.set_bytes({0x0029, element}, Vr::LO, "");
  }

  EXPECT_LT(keyword_json(dataset).size(), 250000u);
}

}  // namespace
}  // namespace dcmfs
