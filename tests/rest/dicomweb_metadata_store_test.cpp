// STOW-RS of metadata in JSON with bulk data beside it.
#include <gmock/gmock.h>

#include "rest/dicomweb/store_metadata.h"
#include "store/dicom/byte_source.h"
#include "store/dicom/reader.h"
#include "store/image/compress.h"
#include "tests/rest/dicomweb_fixture.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;

struct BulkPart {
  std::string location, type, bytes;
};

class WebStoreMetadata : public DicomwebFixture {
 protected:
  static constexpr const char* kDescribed =
      "Content-Type: multipart/related; type=\"application/dicom+json\"; boundary=b\r\n";

  static std::string body(const std::string& json, const std::vector<BulkPart>& parts) {
    std::string out = "--b\r\nContent-Type: application/dicom+json\r\n\r\n" + json + "\r\n";
    for (const auto& part : parts)
      out += "--b\r\nContent-Type: " + part.type + "\r\nContent-Location: " + part.location +
             "\r\n\r\n" + part.bytes + "\r\n";
    return out + "--b--\r\n";
  }
  // With what `more` adds, each after a comma.
  static std::string metadata(const std::string& more = {},
                              const std::string& instance = "1.1.1.1") {
    return R"({"00080016":{"vr":"UI","Value":["1.2.840.10008.5.1.4.1.1.7"]},"00080018":{"vr":"UI","Value":[")" +
           instance +
           R"("]},"0020000D":{"vr":"UI","Value":["1.1"]},"0020000E":{"vr":"UI","Value":["1.1.1"]},)"
           R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"Müller^Eva"}]},"00100020":{"vr":"LO","Value":["7"]})" +
           more + "}";
  }
  static std::string image(int rows, int columns, int bits, int frames = 1) {
    const auto us = [](const char* tag, int value) {
      return std::string(",\"") + tag + "\":{\"vr\":\"US\",\"Value\":[" + std::to_string(value) +
             "]}";
    };
    return us("00280010", rows) + us("00280011", columns) + us("00280002", 1) +
           us("00280100", bits) + us("00280101", bits) + us("00280102", bits - 1) +
           us("00280103", 0) + R"(,"00280004":{"vr":"CS","Value":["MONOCHROME2"]})" +
           R"(,"00280008":{"vr":"IS","Value":[)" + std::to_string(frames) + "]}";
  }
  static constexpr const char* kPixels = R"(,"7FE00010":{"vr":"OW","BulkDataURI":"pixels"})";

  Answer stow(const std::string& text, std::string_view headers = {}) {
    return ask("POST", "/dicom-web/studies", text, kDescribed + std::string(headers));
  }
  std::string stored_file(const std::string& instance = "1.1.1.1") {
    return get("/dicom-web/studies/1.1/series/1.1.1/instances/" + instance,
               "Accept: application/dicom; transfer-syntax=*\r\n")
        .body;
  }
};

TEST_F(WebStoreMetadata, PixelsAreFoundByTheirLocation) {
  const auto answer = stow(body("[" + metadata(image(2, 2, 16) + kPixels) + "]",
                                {{"pixels", "application/octet-stream", "abcdefgh"}}));

  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json()["00081199"]["Value"][0]["00081190"]["Value"][0],
            "http://x/dicom-web/studies/1.1/series/1.1.1/instances/1.1.1.1");
  const auto bytes = stored_file();
  const auto source = memory_source(bytes);
  const auto file = read_dicom(*source);
  ASSERT_OK(file);
  EXPECT_EQ(file->syntax_uid, uids::ExplicitVRLittleEndian);
  EXPECT_EQ(file->dataset.text(tags::PatientName), "Müller^Eva");
  EXPECT_EQ(*read_value(*file, *file->dataset.find(tags::PixelData), 100), "abcdefgh");
}

TEST_F(WebStoreMetadata, AnyValueMayBeBulkDataAlsoInSequences) {
  const std::string longer(100'001, 'x');
  const auto answer = stow(body(
      "[" +
          metadata(
              R"(,"00091001":{"vr":"OB","BulkDataURI":"cid:a"},"00400275":{"vr":"SQ","Value":[{"00420011":{"vr":"OB","BulkDataURI":"b"}}]})") +
          "]",
      {{"b", "application/pdf", longer}, {"c", "application/octet-stream", "unused"}}));
  EXPECT_EQ(answer.status, 409) << "cid:a was not sent";
  const std::string json =
      "[" +
      metadata(
          R"(,"00090010":{"vr":"LO","Value":["ACME"]},"00091001":{"vr":"OB","BulkDataURI":"a"},"00400275":{"vr":"SQ","Value":[{"00420011":{"vr":"OB","BulkDataURI":"b"}}]})") +
      "]";
  ASSERT_EQ(
      stow(body(json, {{"a", "application/octet-stream", "odd"}, {"b", "application/pdf", longer}}))
          .status,
      200);
  const auto bytes = stored_file();
  const auto source = memory_source(bytes);
  const auto file = read_dicom(*source, {.value_bytes_max = 1 << 20});
  ASSERT_OK(file);
  EXPECT_EQ(file->dataset.find({0x0009, 0x1001})->value, std::string("odd\0", 4));
  EXPECT_EQ(file->dataset.item({0x0040, 0x0275})->find({0x0042, 0x0011})->value, longer + '\0');
}

TEST_F(WebStoreMetadata, CompressedFramesAreEncapsulated) {
  Frame frame;
  frame.pixels = {.rows = 4,
                  .columns = 4,
                  .samples_per_pixel = 1,
                  .bits_allocated = 8,
                  .bits_stored = 8,
                  .high_bit = 7,
                  .photometric_interpretation = "MONOCHROME2"};
  frame.data.assign(16, std::byte{7});
  const auto jls = encode_jpeg_ls(frame);
  ASSERT_OK(jls);

  // Two frames; and one of which the codestream alone tells what it is.
  ASSERT_EQ(stow(body("[" + metadata(image(4, 4, 8, 2) + kPixels) + "]",
                      {{"pixels", "image/jls", *jls}, {"pixels", "image/jls", *jls}}))
                .status,
            200);
  ASSERT_EQ(stow(body("[" + metadata(kPixels, "1.1.1.2") + "]",
                      {{"pixels", "image/jls; transfer-syntax=1.2.840.10008.1.2.4.80", *jls}}))
                .status,
            200);

  for (const auto& [instance, frames] : {std::pair("1.1.1.1", 2), std::pair("1.1.1.2", 1)}) {
    const auto bytes = stored_file(instance);
    const auto source = memory_source(bytes);
    const auto file = read_dicom(*source);
    ASSERT_OK(file);
    EXPECT_EQ(file->syntax_uid, "1.2.840.10008.1.2.4.80");
    const auto pixels = describe_pixels(*file);
    ASSERT_OK(pixels);
    EXPECT_EQ(pixels->frames, frames);
    const auto back = decode_frame(*file, *pixels, frames - 1);
    ASSERT_OK(back);
    EXPECT_EQ(back->data, frame.data);
  }
}

TEST_F(WebStoreMetadata, WhatCannotBeStoredIsToldOfEachAlone) {
  const auto answer = stow(body("[" + metadata(image(2, 2, 8) + kPixels) + "," +
                                    metadata(image(2, 2, 8) + kPixels, "1.1.1.2") + "," +
                                    R"({"00100020":{"vr":"LO","Value":["8"]}})" + "]",
                                {{"pixels", "image/png", "abcd"}}));
  ASSERT_EQ(answer.status, 409) << answer.body;
  EXPECT_EQ(answer.json()["00081198"]["Value"].size(), 2u);
  EXPECT_EQ(answer.json()["00081198"]["Value"][0]["00081197"]["Value"][0], 0xc122);
  EXPECT_EQ(answer.json()["0008119A"]["Value"][0]["00081197"]["Value"][0], 0xc000);
}

TEST_F(WebStoreMetadata, WhatDoesNotFitIsStoredWithAWarning) {
  const auto answer = stow(body("[" + metadata(image(20, 20, 8) + kPixels) + "]",
                                {{"pixels", "application/octet-stream", "abcd"}}));
  ASSERT_EQ(answer.status, 202) << answer.body;
  EXPECT_EQ(answer.json()["00081199"]["Value"][0]["00081196"]["Value"][0], 0xb007);

  const auto discarded = stow(body(
      "[" + metadata(R"(,"00083002":{"vr":"UI","Value":["1.2.840.10008.1.2"]})", "1.1.1.3") + "]",
      {}));
  ASSERT_EQ(discarded.status, 202) << discarded.body;
  EXPECT_EQ(discarded.json()["00081199"]["Value"][0]["00081196"]["Value"][0], 0xb006);
}

TEST_F(WebStoreMetadata, BadBodiesAre400) {
  for (const char* json : {"", "{}", "[]", "[1]", "nonsense"})
    EXPECT_EQ(stow(body(json, {})).status, 400) << json;
  EXPECT_EQ(
      stow("--b\r\nContent-Type: application/dicom+json\r\n\r\n[]\r\n--b\r\n\r\nbytes\r\n--b--\r\n")
          .status,
      400);
  EXPECT_EQ(store_->statistics()->instances, 0);
}

TEST_F(WebStoreMetadata, OfMillionsOfValuesIs413) {
  EXPECT_EQ(stow(body("[" + std::string(2'000'000, ',') + "]", {})).status, 413);
}

TEST_F(WebStoreMetadata, WhatIsRetrievedCanBeStoredElsewhere) {
  const auto dicom = make_dicom().pixels(3, 5, 16);
  add(dicom);
  const auto json = get(path_of(dicom) + "/metadata").body;
  const auto pixels =
      get(path_of(dicom) + "/frames/1", "Accept: application/octet-stream\r\n").body;
  ASSERT_EQ(remove("/instances/" +
                   ResourceId::of(Level::instance, {uid_of(dicom, tags::PatientID),
                                                    uid_of(dicom, tags::StudyInstanceUID),
                                                    uid_of(dicom, tags::SeriesInstanceUID),
                                                    uid_of(dicom, tags::SOPInstanceUID)})
                       .str())
                .status,
            200);

  ASSERT_EQ(stow(body(json, {{"http://x" + path_of(dicom) + "/bulkdata/7FE00010",
                              "application/octet-stream", pixels}}))
                .status,
            202);

  EXPECT_EQ(get(path_of(dicom) + "/metadata").body, json);
  EXPECT_EQ(get(path_of(dicom) + "/frames/1", "Accept: application/octet-stream\r\n").body, pixels);
}

TEST_F(WebStoreMetadata, TheReportMayBeXml) {
  const auto answer = stow(body("[" + metadata() + "]", {}), "Accept: application/dicom+xml\r\n");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.headers, HasSubstr("Content-Type: application/dicom+xml"));
  EXPECT_THAT(answer.body, HasSubstr("<DicomAttribute tag=\"00081199\" vr=\"SQ\" "
                                     "keyword=\"ReferencedSOPSequence\"><Item number=\"1\">"));
}

TEST_F(WebStoreMetadata, WhatFailsIsNamedWhereItSaysWhoItIs) {
  const auto answer =
      stow(body("[" + metadata(R"(,"00280010":{"vr":"US","Value":["abc"]})") + "]", {}));
  ASSERT_EQ(answer.status, 409);
  EXPECT_EQ(answer.json()["00081198"]["Value"][0]["00081155"]["Value"][0], "1.1.1.1")
      << answer.body;
  EXPECT_TRUE(answer.json().isMember("00081190")) << "type 2";
  // Nobody says what this picture is.
  EXPECT_EQ(stow(body("[" + metadata(kPixels) + "]", {{"pixels", "image/jpeg", "junk"}})).status,
            409);
}

TEST_F(WebStoreMetadata, XmlIsADocumentForEachInstance) {
  const auto xml = [](const std::string& uid, const std::string& more) {
    const auto ui = [](const char* tag, const std::string& value) {
      return std::string("<DicomAttribute tag=\"") + tag + "\" vr=\"UI\"><Value number=\"1\">" +
             value + "</Value></DicomAttribute>";
    };
    return "--b\r\nContent-Type: application/dicom+xml\r\n\r\n<?xml "
           "version=\"1.0\"?><NativeDicomModel>" +
           ui("00080016", "1.2.840.10008.5.1.4.1.1.7") + ui("00080018", uid) +
           ui("0020000D", "1.1") + ui("0020000E", "1.1.1") + more + "</NativeDicomModel>\r\n";
  };
  const std::string document =
      R"(<DicomAttribute tag="00420011" vr="OB"><BulkData uri="document"/></DicomAttribute>)";
  const std::string bulk =
      "--b\r\nContent-Type: application/pdf\r\nContent-Location: "
      "document\r\n\r\n%PDF-1\r\n--b--\r\n";
  const auto send = [&](const std::string& text) {
    return ask("POST", "/dicom-web/studies", text,
               "Content-Type: multipart/related; type=\"application/dicom+xml\"; boundary=b\r\n");
  };
  const auto answer = send(xml("1.1.1.1", document) + xml("1.1.1.2", "") + bulk);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json()["00081199"]["Value"].size(), 2u);
  const auto bytes = stored_file();
  const auto source = memory_source(bytes);
  const auto file = read_dicom(*source);
  ASSERT_OK(file);
  EXPECT_EQ(file->dataset.find({0x0042, 0x0011})->value, "%PDF-1");
  EXPECT_FALSE(stored_file("1.1.1.2").empty());

  EXPECT_EQ(send(xml("1.1.1.3", "<Nonsense/>") + bulk).status, 400);
  EXPECT_EQ(send(xml("1.1.1.3", "<DicomAttribute tag=\"00100040\" vr=\"ZZ\"/>") + bulk).status,
            409);  // that is no VR
}

}  // namespace
}  // namespace dcmfs::rest
