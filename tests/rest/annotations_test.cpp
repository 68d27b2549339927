#include <fstream>

#include <gmock/gmock.h>

#include "tests/rest/api.h"

namespace dcmfs::rest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

constexpr char kHelloMd5[] = "5d41402abc4b2a76b9719d911017c592";

class Annotations : public Api {
 protected:
  void prepare(Facts& facts, Options&) override {
    facts.user_metadata = {{"mine", 1100}};
    facts.user_content_types = {{"report", 1200}};
  }
  void SetUp() override {
    Api::SetUp();
    added_ = store_.add(make_dicom().patient("p", "DOE^JANE"));
  }
  std::string at(Level level, const std::string& rest) { return path(added_, level) + rest; }

  Added added_;
};

class RevisedAnnotations : public Annotations {
 protected:
  void prepare(Facts& facts, Options& options) override {
    Annotations::prepare(facts, options);
    facts.check_revisions = true;
  }
};

TEST_F(Annotations, LabelsAreAddedToldAndRemoved) {
  EXPECT_EQ(put(at(Level::study, "/labels/todo"), "").status, 200);
  EXPECT_EQ(put(at(Level::study, "/labels/todo"), "").status, 200);
  EXPECT_EQ(put(at(Level::study, "/labels/a-1"), "").status, 200);

  const auto labels = get(at(Level::study, "/labels")).json();

  ASSERT_EQ(labels.size(), 2u);
  EXPECT_EQ(labels[0], "a-1");
  EXPECT_EQ(get(at(Level::study, "/labels/todo")).status, 200);
  EXPECT_EQ(get(at(Level::study, "/labels/other")).status, 404);
  EXPECT_EQ(get("/tools/labels").json().size(), 2u);
  EXPECT_EQ(get(at(Level::study, "")).json()["Labels"].size(), 2u);
  EXPECT_EQ(remove(at(Level::study, "/labels/todo")).status, 200);
  EXPECT_EQ(get(at(Level::study, "/labels")).json().size(), 1u);
  EXPECT_EQ(put(at(Level::study, "/labels/no%20label"), "").status, 400);
  EXPECT_EQ(put("/studies/nope/labels/x", "").status, 404);
}

TEST_F(Annotations, MetadataAreTextsWithARevision) {
  const auto first = put(at(Level::instance, "/metadata/mine"), "hello");
  const auto told = get(at(Level::instance, "/metadata/mine"));
  const auto again = put(at(Level::instance, "/metadata/mine"), "other");

  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.header("ETag"), std::string("\"0-") + kHelloMd5 + '"');
  EXPECT_EQ(told.body, "hello");
  EXPECT_EQ(told.header("ETag"), first.header("ETag"));
  EXPECT_THAT(again.header("ETag"), StartsWith("\"1-"));
  EXPECT_EQ(get(at(Level::instance, "/metadata?expand")).json()["mine"], "other");
  EXPECT_EQ(
      get(at(Level::instance, "/metadata/mine"), "If-None-Match: " + again.header("ETag") + "\r\n")
          .status,
      304);
  EXPECT_EQ(
      put(at(Level::instance, "/metadata/mine"), "x", "If-Match: " + first.header("ETag") + "\r\n")
          .status,
      409);
  EXPECT_EQ(put(at(Level::instance, "/metadata/mine"), "x", "If-Match: \"rubbish\"\r\n").status,
            400);
  EXPECT_EQ(
      remove(at(Level::instance, "/metadata/mine"), "If-Match: " + again.header("ETag") + "\r\n")
          .status,
      200);
  EXPECT_EQ(get(at(Level::instance, "/metadata/mine")).status, 404);
  EXPECT_EQ(remove(at(Level::instance, "/metadata/mine")).status, 404);
}

TEST_F(Annotations, AnEtagIsRevisionAndContent) {
  const auto mine = at(Level::instance, "/metadata/mine"),
             report = at(Level::study, "/attachments/report");
  const std::string md5 = kHelloMd5, other(32, '0');
  const auto status = [&](const std::string& path, const std::string& etag) {
    return put(path, "hello", "If-Match: " + etag + "\r\n").status;
  };
  for (const auto& path : {mine, report}) {
    put(path, "hello");

    EXPECT_EQ(status(path, "\"0-bad-checksum\""), 409) << path;
    EXPECT_EQ(status(path, "\"0-\""), 409) << path;
    EXPECT_EQ(status(path, "\"0-" + other + '"'), 409) << path;
    EXPECT_EQ(remove(path, "If-Match: \"0-" + other + "\"\r\n").status, 409) << path;
    EXPECT_EQ(status(path, "\"0-" + md5 + '"'), 200) << path;
    EXPECT_EQ(status(path, "\"1\""), 200) << path << ": a revision alone";
    EXPECT_EQ(status(path, "W/\"2-" + md5 + '"'), 200) << path << ": as it is told of gzip";
    EXPECT_EQ(remove(path, "If-Match: \"3-" + md5 + "\"\r\n").status, 200) << path;
  }
}

TEST_F(Annotations, WhatIsPackedHasAnEtagToSendBack) {
  const auto mine = at(Level::instance, "/metadata/mine");
  put(mine, std::string(4096, 'x'));
  const auto etag = get(mine, "Accept-Encoding: gzip\r\n").header("ETag");

  EXPECT_THAT(etag, StartsWith("W/\"0-"));
  EXPECT_EQ(put(mine, "y", "If-Match: " + etag + "\r\n").status, 200);
}

TEST_F(Annotations, WhatTheStoreTellsIsNotChanged) {
  EXPECT_EQ(get(at(Level::instance, "/metadata/TransferSyntax")).body, "1.2.840.10008.1.2.1");
  EXPECT_EQ(put(at(Level::instance, "/metadata/TransferSyntax"), "x").status, 403);
  EXPECT_EQ(put(at(Level::instance, "/attachments/dicom"), "x").status, 403);
  EXPECT_EQ(remove(at(Level::instance, "/attachments/dicom")).status, 403);
}

TEST_F(RevisedAnnotations, WhatIsThereIsNotOverwrittenUnseen) {
  const auto first = put(at(Level::study, "/metadata/mine"), "a");

  EXPECT_EQ(put(at(Level::study, "/metadata/mine"), "b").status, 409);
  EXPECT_EQ(remove(at(Level::study, "/metadata/mine")).status, 409);
  EXPECT_EQ(get(at(Level::study, "/metadata/mine")).body, "a");
  EXPECT_EQ(
      put(at(Level::study, "/metadata/mine"), "b", "If-Match: " + first.header("ETag") + "\r\n")
          .status,
      200);
  EXPECT_TRUE(get("/system").json()["CheckRevisions"].asBool());
}

TEST_F(Annotations, AttachmentsAreFiles) {
  const auto attached = put(at(Level::study, "/attachments/report"), "hello");
  const std::string report = at(Level::study, "/attachments/report");

  const auto data = get(report + "/data"), info = get(report + "/info");

  EXPECT_EQ(attached.status, 200);
  EXPECT_EQ(attached.body, "{}\n");
  EXPECT_EQ(data.body, "hello");
  EXPECT_EQ(data.header("ETag"), std::string("\"0-") + kHelloMd5 + '"');
  EXPECT_EQ(info.json()["UncompressedMD5"], kHelloMd5);
  EXPECT_EQ(info.json()["CompressedSize"], 5);
  EXPECT_EQ(get(report + "/md5").body, kHelloMd5);
  EXPECT_EQ(get(report + "/size").body, "5");
  EXPECT_EQ(get(report + "/is-compressed").body, "0");
  EXPECT_EQ(get(report + "/uuid").body, info.json()["Uuid"].asString());
  EXPECT_EQ(get(report).json().size(), 12u);
  EXPECT_EQ(post(report + "/verify-md5", "").body, "{}\n");
  EXPECT_EQ(post(report + "/compress", "").status, 501);
  EXPECT_EQ(get(report + "/data", "Range: bytes=1-2\r\n").body, "el");
  EXPECT_EQ(get(at(Level::study, "/attachments")).json()[0], "report");
  EXPECT_EQ(remove(report).status, 200);
  EXPECT_EQ(get(report + "/data").status, 404);
  EXPECT_EQ(remove(report).status, 404);
}

// A body of parts is a file like any other to who takes one.
TEST_F(Annotations, AttachmentsAreKeptAsTheyAreWhateverTheirType) {
  const std::string parts = "--b\r\n\r\nhello\r\n--b--";
  const std::string report = at(Level::study, "/attachments/report");

  const auto attached = put(report, parts, "Content-Type: multipart/related; boundary=b\r\n");

  EXPECT_EQ(attached.status, 200);
  EXPECT_EQ(get(report + "/data").body, parts);
}

TEST_F(Annotations, NamesHaveNumbers) {
  EXPECT_EQ(put(at(Level::instance, "/metadata/1100"), "x").status, 200);
  EXPECT_EQ(put(at(Level::instance, "/metadata/1101"), "y").status, 200);
  EXPECT_EQ(put(at(Level::instance, "/attachments/1200"), "hello").status, 200);
  EXPECT_EQ(put(at(Level::instance, "/attachments/1201"), "").status, 200);

  EXPECT_EQ(get(at(Level::instance, "/metadata/mine")).body, "x");
  EXPECT_EQ(get(at(Level::instance, "/metadata?expand")).json()["1101"], "y");
  EXPECT_EQ(get(at(Level::instance, "/metadata/9")).body, "1.2.840.10008.1.2.1");
  EXPECT_EQ(get(at(Level::instance, "/attachments/report/size")).body, "5");
  EXPECT_EQ(get(at(Level::instance, "/attachments/report/info")).json()["ContentType"], 1200);
  EXPECT_EQ(get(at(Level::instance, "/attachments/1")).json().size(), 12u);
  EXPECT_EQ(get(at(Level::instance, "/attachments/1/size")).body,
            get(at(Level::instance, "/attachments/dicom/size")).body);
  const auto numbers = get(at(Level::instance, "/attachments?full")).json();
  EXPECT_EQ(numbers["dicom"], 1);
  EXPECT_EQ(numbers["report"], 1200);
  EXPECT_EQ(numbers["1201"], 1201);
  EXPECT_EQ(get("/system").json()["UserMetadata"]["mine"], 1100);
  EXPECT_EQ(remove(at(Level::instance, "/metadata/1100")).status, 200);
  EXPECT_EQ(remove(at(Level::instance, "/attachments/1200")).status, 200);
}

TEST_F(Annotations, OtherNumbersAndNamesAreNotForClients) {
  for (const char* what : {"/metadata/", "/attachments/"}) {
    for (const char* number : {"1", "1023", "65536", "-1", "99999999999999999999"}) {
      EXPECT_EQ(put(at(Level::instance, what + std::string(number)), "x").status, 403) << number;
      EXPECT_EQ(remove(at(Level::instance, what + std::string(number))).status, 403) << number;
    }
    EXPECT_EQ(put(at(Level::instance, what + std::string("undeclared")), "x").status, 404);
    EXPECT_EQ(get(at(Level::instance, what + std::string("-1"))).status, 404);
  }
}

TEST_F(Annotations, MetadataMayBeAnyBytes) {
  const std::string bytes(
      "a\0\xff"
      "b",
      4);

  EXPECT_EQ(put(at(Level::study, "/metadata/mine"), bytes).status, 200);

  EXPECT_EQ(get(at(Level::study, "/metadata/mine")).body, bytes);
  EXPECT_EQ(get(at(Level::study, "/metadata?expand")).status, 200);
}

TEST_F(Annotations, TheStoredFileIsAnAttachment) {
  const std::string dicom = at(Level::instance, "/attachments/dicom");

  const auto data = get(dicom + "/data"), info = get(dicom + "/info");

  EXPECT_EQ(get(at(Level::instance, "/attachments")).json()[0], "dicom");
  EXPECT_EQ(data.body.substr(128, 4), "DICM");
  EXPECT_EQ(info.json()["ContentType"], 1);
  EXPECT_EQ(info.json()["UncompressedSize"].asUInt64(), data.body.size());
  EXPECT_EQ(info.json()["UncompressedMD5"].asString().size(), 32u);
  EXPECT_EQ(info.json()["Uuid"], get(at(Level::instance, "")).json()["FileUuid"]);
  EXPECT_EQ(post(dicom + "/verify-md5", "").status, 200);
  EXPECT_EQ(get(at(Level::study, "/attachments/dicom/data")).status, 404);
}

TEST_F(Annotations, ADamagedFileIsNoticed) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store_.root() / "blobs")) {
    if (!entry.is_regular_file()) continue;
    std::filesystem::permissions(entry.path(), std::filesystem::perms::owner_all);
    std::fstream(entry.path(), std::ios::binary | std::ios::in | std::ios::out).write("damage", 6);
  }

  const auto answer = post(at(Level::instance, "/attachments/dicom/verify-md5"), "");

  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.json()["OrthancStatus"], 20);
}

TEST_F(Annotations, PatientsAreProtected) {
  EXPECT_EQ(get(at(Level::patient, "/protected")).body, "0");
  EXPECT_EQ(put(at(Level::patient, "/protected"), "1").status, 200);
  EXPECT_EQ(get(at(Level::patient, "/protected")).body, "1");
  EXPECT_EQ(put(at(Level::patient, "/protected"), "2").status, 400);
  EXPECT_EQ(get(at(Level::patient, "?responseContent=IsProtected")).json()["IsProtected"], true);
  EXPECT_EQ(get(at(Level::study, "/protected")).status, 404);
}

TEST_F(Annotations, ReconstructingNeedsAResource) {
  EXPECT_EQ(post(at(Level::study, "/reconstruct"), "").status, 200);
  EXPECT_EQ(post("/studies/nope/reconstruct", "").status, 404);
}

}  // namespace
}  // namespace dcmfs::rest
