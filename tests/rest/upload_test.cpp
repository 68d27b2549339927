#include "rest/orthanc/upload.h"

#include <gmock/gmock.h>

#include "rest/http/gzip.h"
#include "tests/rest/api.h"
#include "tests/support/make_archive.h"
#include "tests/support/make_dicom.h"

namespace dcmfs::rest {
namespace {

using Upload = Api;

std::string form(const std::vector<std::string>& files) {
  std::string body;
  for (const auto& file : files)
    body += "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.dcm\"\r\n\r\n" + file +
            "\r\n";
  return body + "--b--\r\n";
}

TEST_F(Upload, AFileIsStoredAndReported) {
  const auto bytes = make_dicom().bytes();

  const auto first = ask("POST", "/instances", bytes);
  const auto again =
      ask("POST", "/instances", bytes, "Content-Type: application/x-www-form-urlencoded\r\n");

  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(first.json()["Status"], "Success");
  EXPECT_EQ(again.json()["Status"], "AlreadyStored");
  for (const char* key : {"ID", "ParentPatient", "ParentStudy", "ParentSeries"}) {
    EXPECT_EQ(first.json()[key].asString().size(), 44u) << key;
    EXPECT_EQ(first.json()[key], again.json()[key]) << key;
  }
  EXPECT_EQ(first.json()["Path"], "/instances/" + first.json()["ID"].asString());
  EXPECT_EQ(store_->statistics()->instances, 1);
}

TEST_F(Upload, OtherBytesUnderAStoredUidAreNotTaken) {
  auto dicom = make_dicom();
  const auto first = ask("POST", "/instances", dicom.bytes());
  const auto other = ask("POST", "/instances", dicom.modality("MR").bytes());

  EXPECT_EQ(other.status, 200);
  EXPECT_EQ(other.json()["Status"], "AlreadyStored");
  EXPECT_EQ(other.json()["ID"], first.json()["ID"]);
}

TEST_F(Upload, WhatIsNoDicomIs400) {
  for (const std::string body : {"", "hello", "PK\x03\x04 not a zip"}) {
    const auto answer = ask("POST", "/instances", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(answer.json()["OrthancStatus"], 15) << body;
    EXPECT_FALSE(answer.json()["Details"].asString().empty());
  }
}

TEST_F(Upload, GzipIsUnpacked) {
  EXPECT_EQ(ask("POST", "/instances", gzipped(make_dicom().bytes()), "Content-Encoding: gzip\r\n")
                .json()["Status"],
            "Success");
  EXPECT_EQ(ask("POST", "/instances", make_dicom().bytes(), "Content-Encoding: gzip\r\n").status,
            400);
  EXPECT_EQ(ask("POST", "/instances", make_dicom().bytes(), "Content-Encoding: br\r\n").status,
            415);
}

TEST_F(Upload, AFormMayHaveManyFiles) {
  const auto answer =
      ask("POST", "/instances", form({make_dicom().bytes(), "nonsense", make_dicom().bytes()}),
          "Content-Type: multipart/form-data; boundary=b\r\n");

  ASSERT_EQ(answer.status, 200) << answer.body;
  ASSERT_EQ(answer.json().size(), 3u);
  EXPECT_EQ(answer.json()[0]["Status"], "Success");
  EXPECT_EQ(answer.json()[1]["Status"], "Failure");
  EXPECT_EQ(answer.json()[2]["Status"], "Success");
  EXPECT_EQ(store_->statistics()->instances, 2);
}

TEST_F(Upload, AnArchiveIsUnpackedAndItsOtherMembersAreLeftOut) {
  const auto answer = ask(
      "POST", "/instances",
      make_zip(
          {{"a.dcm", make_dicom().bytes()}, {"notes.txt", "hello"}, {"b", make_dicom().bytes()}}));

  ASSERT_EQ(answer.status, 200) << answer.body;
  ASSERT_EQ(answer.json().size(), 2u) << answer.body;
  EXPECT_EQ(answer.json()[1]["Status"], "Success");
}

TEST_F(Upload, NothingIsLeftInTheSpool) {
  ask("POST", "/instances", std::string(300'000, 'x'));
  ask("POST", "/instances", form({std::string(300'000, 'x')}),
      "Content-Type: multipart/form-data; boundary=b\r\n");
  server_.reset();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store_.root() / "spool"))
    EXPECT_TRUE(entry.is_directory()) << entry.path();
}

TEST_F(Upload, WhoSentItIsKept) {
  const auto answer = ask("POST", "/instances", make_dicom().bytes());
  const auto key = store_->key(Level::instance, *ResourceId::parse(answer.json()["ID"].asString()));
  ASSERT_OK(key);
  const auto metadata = store_->metadata().all(*key);
  ASSERT_OK(metadata);
  EXPECT_EQ(metadata->at("Origin").text, "RestApi");
  EXPECT_EQ(metadata->at("RemoteIP").text, "127.0.0.1");
}

}  // namespace
}  // namespace dcmfs::rest
