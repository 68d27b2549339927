// Bulk data of pixels in what a client takes, and where each part says it is from.
#include <gmock/gmock.h>

#include "tests/rest/dicomweb_fixture.h"
#include "tests/rest/encapsulated.h"
#include "tests/support/manifest.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;

class WebBulkData : public DicomwebFixture {
 protected:
  static std::string parts_as(std::string_view type, std::string_view syntax = {}) {
    return "Accept: multipart/related; type=\"" + std::string(type) + '"' +
           (syntax.empty() ? "" : "; transfer-syntax=" + std::string(syntax)) + "\r\n";
  }
  static std::string alone_as(std::string_view type, std::string_view syntax = {}) {
    return "Accept: " + std::string(type) +
           (syntax.empty() ? "" : "; transfer-syntax=" + std::string(syntax)) + "\r\n";
  }
  void add_file(const std::string& bytes) { store_.add(bytes); }
  std::string add_rle(const DicomBuilder& dicom, const std::vector<std::string>& frames) {
    add_file(encapsulated(dicom, uids::RLELossless, frames));
    return path_of(dicom) + "/bulkdata/7FE00010";
  }
};

TEST_F(WebBulkData, CompressedPixelsAreDecodedUnlessTheClientSaysOtherwise) {
  const auto dicom = make_dicom().pixels(2, 2, 8, 2);
  const auto path = add_rle(dicom, {rle_frame("abcd"), rle_frame("efgh")});
  for (const auto& accept : {std::string(), parts_as("application/octet-stream"),
                             parts_as("application/octet-stream", uids::ExplicitVRLittleEndian)}) {
    const auto parts = parts_of(get(path, accept));
    ASSERT_EQ(parts.size(), 1u) << accept;
    EXPECT_EQ(parts[0].body, "abcdefgh");
    EXPECT_THAT(
        parts[0].head,
        HasSubstr(
            "Content-Type: application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1\r\n"));
    EXPECT_THAT(parts[0].head, HasSubstr("Content-Location: http://x" + path + "\r\n"));
  }
  const auto alone = get(path, alone_as("application/octet-stream"));
  EXPECT_EQ(alone.body, "abcdefgh");
  EXPECT_EQ(alone.header("Content-Location"), "http://x" + path);
  EXPECT_EQ(get(path, "Range: bytes=2-4\r\n").body, "cde");
}

TEST_F(WebBulkData, CompressedPixelsComeAsTheyAreStoredForWhoAsks) {
  const auto dicom = make_dicom().pixels(2, 2, 8, 2);
  const std::vector<std::string> frames{rle_frame("abcd"), rle_frame("efgh")};
  const auto path = add_rle(dicom, frames);
  struct Row {
    std::string accept, type;
  };
  for (const Row& row :
       {Row{parts_as("application/octet-stream", "*"), "application/octet-stream"},
        Row{parts_as("application/octet-stream", uids::RLELossless), "application/octet-stream"},
        Row{parts_as("image/dicom-rle"), "image/dicom-rle"},
        Row{parts_as("image/x-dicom-rle"), "image/x-dicom-rle"}}) {
    const auto parts = parts_of(get(path, row.accept));
    ASSERT_EQ(parts.size(), 2u) << row.accept;
    for (std::size_t i = 0; i < 2; ++i) {
      EXPECT_EQ(parts[i].body, frames[i]) << row.accept;
      EXPECT_THAT(parts[i].head, HasSubstr("Content-Type: " + row.type +
                                           "; transfer-syntax=1.2.840.10008.1.2.5\r\n"));
      EXPECT_THAT(parts[i].head, HasSubstr("Content-Location: http://x" + path + "/frames/" +
                                           std::to_string(i + 1) + "\r\n"));
    }
  }
  EXPECT_EQ(get(path + "/frames/2", alone_as("image/dicom-rle")).body,
            frames[1]);  // as such a location says
  // Two codestreams are no one thing.
  EXPECT_EQ(get(path, alone_as("image/dicom-rle")).status, 406);
  EXPECT_EQ(get(path, parts_as("application/octet-stream", "1.2.840.10008.1.2.4.50")).status, 406);
  const auto one = make_dicom().pixels(2, 2, 8);
  EXPECT_EQ(get(add_rle(one, {frames[0]}), alone_as("image/dicom-rle")).body, frames[0]);
}

TEST_F(WebBulkData, PixelsAreCompressedForWhoAsks) {
  const auto dicom = make_dicom().pixels(16, 16, 8, 2);
  add(dicom);
  for (const char* type : {"image/jls", "image/x-jls"}) {
    const auto parts = parts_of(get(path_of(dicom) + "/bulkdata/7FE00010", parts_as(type)));
    ASSERT_EQ(parts.size(), 2u) << type;
    EXPECT_EQ(parts[1].body, get(path_of(dicom) + "/frames/2", alone_as(type)).body) << type;
    EXPECT_TRUE(parts[1].body.starts_with("\xff\xd8\xff")) << type;
  }
}

TEST_F(WebBulkData, AVideoIsOneStream) {
  const auto dicom = make_dicom().pixels(2, 2, 8, 50);
  add_file(encapsulated(dicom, kH264, {"first, ", "second"}));
  const auto path = path_of(dicom) + "/bulkdata/7FE00010", stream = std::string("first, second");
  for (const auto& accept :
       {std::string(), parts_as("video/mp4"), parts_as("video/*"),
        parts_as("application/octet-stream"), parts_as("application/octet-stream", "*")}) {
    const auto parts = parts_of(get(path, accept));
    ASSERT_EQ(parts.size(), 1u) << accept;
    EXPECT_EQ(parts[0].body, stream) << accept;
    EXPECT_THAT(parts[0].head, HasSubstr("; transfer-syntax=1.2.840.10008.1.2.4.102\r\n"));
  }
  const auto alone = get(path, alone_as("video/mp4"));
  EXPECT_EQ(alone.body, stream);
  EXPECT_EQ(alone.header("Content-Type"), "video/mp4; transfer-syntax=1.2.840.10008.1.2.4.102");
  EXPECT_EQ(get(path, "Accept: */*\r\nRange: bytes=5-8\r\n").body,
            ", se");  // as a browser plays it
  EXPECT_EQ(get(path, parts_as("application/octet-stream", uids::ExplicitVRLittleEndian)).status,
            406);
  EXPECT_EQ(get(path, parts_as("video/mpeg2")).status, 406);
  EXPECT_EQ(parts_of(get(path_of(dicom) + "/frames/1")).at(0).body, stream);
  EXPECT_EQ(get(path_of(dicom) + "/frames/2").status, 404);
}

TEST_F(WebBulkData, ALongVideoIsReadWhileItIsSent) {
  const auto dicom = make_dicom().pixels(2, 2, 8, 50);
  const std::string first(3 << 20, 'a'), second(2 << 20, 'b');
  add_file(encapsulated(dicom, kH264, {first, second}));
  const auto path = path_of(dicom) + "/bulkdata/7FE00010";
  EXPECT_EQ(get(path, alone_as("video/mp4")).body, first + second);
  EXPECT_EQ(get(path, alone_as("video/mp4") + "Range: bytes=3145726-3145729\r\n").body, "aabb");
  const auto whole = make_dicom().pixels(2, 2, 8, 50);
  add_file(encapsulated(whole, kH264, {first}));
  EXPECT_EQ(get(path_of(whole) + "/bulkdata/7FE00010",
                alone_as("video/mp4") + "Range: bytes=3145727-\r\n")
                .body,
            "a");
}

TEST_F(WebBulkData, TheVideosOfTheSharedDataHaveTheirTypes) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";
  for (const auto& [name, type] :
       {std::pair("h264.dcm", "video/mp4"), std::pair("mpeg2.dcm", "video/mpeg2"),
        std::pair("mpeg2.dcm", "video/mpeg")}) {
    const auto added =
        store_.add(read_whole_file(*shared_data() / "transfer_syntaxes/video" / name));
    const auto path = "/dicom-web/studies/" + added.uids.study + "/series/" + added.uids.series +
                      "/instances/" + added.uids.sop_instance;
    const auto answer = get(path + "/bulkdata/7FE00010", alone_as(type));
    ASSERT_EQ(answer.status, 200) << name;
    EXPECT_THAT(answer.header("Content-Type"), HasSubstr(type));
    EXPECT_EQ(answer.header("Content-Length"), std::to_string(answer.body.size()));
    EXPECT_EQ(parts_of(get(path + "/bulkdata/7FE00010")).at(0).body, answer.body);
  }
}

TEST_F(WebBulkData, DamagedPixelsAreRefusedBeforeTheAnswer) {
  const auto dicom = make_dicom().pixels(2, 2, 8, 3);
  const auto path = add_rle(dicom, {rle_frame("abcd"), damaged_rle_frame(), rle_frame("efgh")});
  EXPECT_EQ(get(path, parts_as("application/octet-stream", uids::ExplicitVRLittleEndian)).status,
            406);
  EXPECT_EQ(get(path, alone_as("application/octet-stream")).status, 406);
  EXPECT_EQ(parts_of(get(path)).size(), 3u);  // as they are stored
  EXPECT_EQ(
      parts_of(
          get(path,
              "Accept: multipart/related; type=\"application/octet-stream\"; "
              "transfer-syntax=1.2.840.10008.1.2.1, "
              "multipart/related; type=\"application/octet-stream\"; transfer-syntax=*; q=0.5\r\n"))
          .size(),
      3u);
  // Of frames, those that can be are decoded.
  const auto frames = parts_of(get(path_of(dicom) + "/frames/1,2,3"));
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].body + frames[2].body, "abcdefgh");
  EXPECT_EQ(frames[1].body, damaged_rle_frame());
  EXPECT_THAT(frames[1].head, HasSubstr("transfer-syntax=1.2.840.10008.1.2.5\r\n"));
  EXPECT_THAT(frames[2].head,
              HasSubstr("Content-Location: http://x" + path_of(dicom) + "/frames/3\r\n"));
  // One frame is missing: nothing says which.
  const auto short_of = make_dicom().pixels(2, 2, 8, 3);
  EXPECT_EQ(get(add_rle(short_of, {rle_frame("abcd"), rle_frame("efgh")}),
                parts_as("application/octet-stream", "*"))
                .status,
            406);
}

TEST_F(WebBulkData, WithoutAMetaHeaderWhatSeemsCompressedIsRefused) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";
  const auto added = store_.add(
      read_whole_file(*shared_data() / "structure/no_meta/no-header_explicit_two-pass_.dcm"));
  const auto path = "/dicom-web/studies/" + added.uids.study + "/series/" + added.uids.series +
                    "/instances/" + added.uids.sop_instance;
  EXPECT_EQ(get(path + "/bulkdata/7FE00010").status, 406);
  EXPECT_EQ(get(path + "/bulkdata/7FE00010", parts_as("application/octet-stream", "*")).status,
            406);
}

TEST_F(WebBulkData, PartsOfOtherValuesSayWhereTheyAreFrom) {
  const auto dicom = make_dicom().set_bytes({0x0029, 0x1001}, Vr::OB, std::string(3000, 'v'));
  add(dicom);
  const auto path = path_of(dicom) + "/bulkdata/00291001";
  const auto uri =
      get(path_of(dicom) + "/metadata").json()[0]["00291001"]["BulkDataURI"].asString();
  EXPECT_THAT(parts_of(get(path)).at(0).head, HasSubstr("Content-Location: " + uri + "\r\n"));
}

TEST_F(WebBulkData, AllOfAStudyComesInParts) {
  const auto rle = make_dicom().study("1.1").series("1.1.1").pixels(2, 2, 8, 2),
             report = make_dicom().study("1.1").series("1.1.2");
  auto native = make_dicom().study("1.1").series("1.1.1").pixels(2, 2, 8).set_bytes(
      {0x0029, 0x1001}, Vr::OB, std::string(3000, 'v'));
  add_file(encapsulated(rle, uids::RLELossless, {rle_frame("abcd"), rle_frame("efgh")}));
  add(native);
  add(report);
  const auto told = [&](const std::string& path, const std::string& accept = {}) {
    std::vector<std::string> all;
    for (const auto& part : parts_of(get(path, accept))) {
      const auto at = part.head.find("Content-Location: http://x") + 26;
      all.push_back(part.head.substr(at, part.head.find("\r\n", at) - at) + " " +
                    part.body.substr(0, 8));
    }
    return all;
  };
  const auto of_rle = path_of(rle) + "/bulkdata/7FE00010",
             of_native = path_of(native) + "/bulkdata/";
  using testing::ElementsAre;
  const auto pixels = std::string("\0\1\2\3", 4);

  EXPECT_THAT(told("/dicom-web/studies/1.1/bulkdata"),
              ElementsAre(of_rle + " abcdefgh", of_native + "00291001 vvvvvvvv",
                          of_native + "7FE00010 " + pixels));
  EXPECT_THAT(told("/dicom-web/studies/1.1/pixeldata"),
              ElementsAre(of_rle + " abcdefgh", of_native + "7FE00010 " + pixels));
  EXPECT_THAT(
      told("/dicom-web/studies/1.1/series/1.1.1/pixeldata", parts_as("image/dicom-rle")).size(), 3);
  EXPECT_THAT(told(path_of(rle) + "/bulkdata", parts_as("application/octet-stream", "*")),
              ElementsAre(of_rle + "/frames/1 " + rle_frame("abcd").substr(0, 8),
                          of_rle + "/frames/2 " + rle_frame("efgh").substr(0, 8)));
  EXPECT_EQ(get("/dicom-web/studies/1.1/series/1.1.2/bulkdata").status, 404);
  EXPECT_EQ(get(path_of(native) + "/bulkdata", parts_as("video/mp4")).status, 406);
  EXPECT_EQ(get(path_of(native) + "/bulkdata", alone_as("application/octet-stream")).status, 406);
}

TEST_F(WebBulkData, AmongAllWhatIsDamagedComesAsItIsStored) {
  const auto rle = make_dicom().study("1.1").pixels(2, 2, 8, 2),
             video = make_dicom().study("1.1").pixels(2, 2, 8, 50);
  add_file(encapsulated(rle, uids::RLELossless, {rle_frame("abcd"), damaged_rle_frame()}));
  add_file(encapsulated(video, kH264, {"stream"}));
  const auto parts = parts_of(get("/dicom-web/studies/1.1/pixeldata"));
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[1].body, damaged_rle_frame());
  EXPECT_EQ(parts[2].body, "stream");
}

}  // namespace
}  // namespace dcmfs::rest
