#include <gmock/gmock.h>

#include "rest/dicomweb/store_instances.h"
#include "tests/rest/dicomweb_fixture.h"

namespace dcmfs::rest {
namespace {

class WebStore : public DicomwebFixture {
 protected:
  static constexpr const char* kParts =
      "Content-Type: multipart/related; type=\"application/dicom\"; boundary=b\r\n";
  static std::string body_of(const std::vector<std::string>& files,
                             std::string_view type = "application/dicom") {
    std::string body;
    for (const auto& file : files)
      body += "--b\r\nContent-Type: " + std::string(type) + "\r\n\r\n" + file + "\r\n";
    return body + "--b--\r\n";
  }
};

TEST_F(WebStore, InstancesAreStoredAndTheirUrlsTold) {
  const auto a = make_dicom().study("1.1"), b = make_dicom().study("1.1");

  const auto answer = ask("POST", "/dicom-web/studies", body_of({a.bytes(), b.bytes()}), kParts);

  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto told = answer.json();
  EXPECT_EQ(told["00081190"]["Value"][0], "http://x/dicom-web/studies/1.1");
  ASSERT_EQ(told["00081199"]["Value"].size(), 2u);
  EXPECT_EQ(told["00081199"]["Value"][0]["00081190"]["Value"][0], "http://x" + path_of(a));
  EXPECT_EQ(told["00081199"]["Value"][1]["00081155"]["Value"][0], uid_of(b, tags::SOPInstanceUID));
  EXPECT_FALSE(told.isMember("00081198")) << "of type 1C: nothing failed";
  EXPECT_EQ(told["00080005"]["Value"][0], "ISO_IR 192");
  EXPECT_EQ(store_->statistics()->instances, 2);
  // Again, the same bytes.
  EXPECT_EQ(ask("POST", "/dicom-web/studies", body_of({a.bytes()}), kParts).status, 200);
  EXPECT_EQ(
      ask("POST", "/dicom-web/studies", make_dicom().bytes(), "Content-Type: application/dicom\r\n")
          .status,
      200);
}

TEST_F(WebStore, WhatIsNotStoredIsToldWithAReason) {
  auto twice = make_dicom();
  add(twice);
  const auto answer =
      ask("POST", "/dicom-web/studies",
          body_of({make_dicom().bytes(), "nonsense", twice.modality("XA").bytes()}), kParts);

  ASSERT_EQ(answer.status, 202) << answer.body;
  const auto told = answer.json();
  EXPECT_EQ(told["00081199"]["Value"].size(), 1u);
  EXPECT_EQ(told["0008119A"]["Value"][0]["00081197"]["Value"][0], 0xc000);
  EXPECT_EQ(told["00081198"]["Value"][0]["00081155"]["Value"][0],
            uid_of(twice, tags::SOPInstanceUID));
  EXPECT_EQ(told["00081198"]["Value"][0]["00081197"]["Value"][0], 0x0111);
  const auto nothing = ask("POST", "/dicom-web/studies", body_of({"nonsense"}), kParts);
  EXPECT_EQ(nothing.status, 409);
  EXPECT_EQ(nothing.json()["0008119A"]["Value"].size(), 1u);
  EXPECT_FALSE(nothing.json().isMember("00081198"));
  EXPECT_FALSE(nothing.json().isMember("00081199"));
}

TEST_F(WebStore, WhatDoesNotReachTheSpoolIsToldLikeWhatIsNotStored) {
  std::filesystem::rename(store_.root() / "spool", store_.root() / "away");
  const auto answer = ask("POST", "/dicom-web/studies",
                          body_of({make_dicom().bytes(), make_dicom().bytes()}), kParts);
  std::filesystem::rename(store_.root() / "away", store_.root() / "spool");

  ASSERT_EQ(answer.status, 409) << answer.body;
  EXPECT_EQ(answer.json()["00081198"]["Value"].size(), 2u) << "by their names";
}

TEST_F(WebStore, OfAnotherStudyIsRefused) {
  const auto dicom = make_dicom().study("1.1");
  const auto answer = ask("POST", "/dicom-web/studies/9.9", body_of({dicom.bytes()}), kParts);
  ASSERT_EQ(answer.status, 409) << answer.body;
  EXPECT_EQ(answer.json()["00081198"]["Value"][0]["00081197"]["Value"][0], 0xa900);
  EXPECT_EQ(store_->statistics()->instances, 0);
  EXPECT_EQ(ask("POST", "/dicom-web/studies/1.1", body_of({dicom.bytes()}), kParts).status, 200);
}

TEST_F(WebStore, WhatHasNoStudyIsStoredWithoutAUrl) {
  const auto answer =
      ask("POST", "/dicom-web/studies", body_of({make_dicom().study("").bytes()}), kParts);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_FALSE(answer.json()["00081199"]["Value"][0]["00081190"].isMember("Value"));
  EXPECT_FALSE(answer.json()["00081190"].isMember("Value"));
}

TEST_F(WebStore, WhatHasNoNameIsNotStored) {
  auto nameless = make_dicom();
  nameless.dataset().erase(tags::SOPInstanceUID);

  const auto answer =
      ask("POST", "/dicom-web/studies", body_of({nameless.bytes(), make_dicom().bytes()}), kParts);

  ASSERT_EQ(answer.status, 202) << answer.body;
  EXPECT_EQ(answer.json()["0008119A"]["Value"][0]["00081197"]["Value"][0], 0xa900);
  EXPECT_EQ(answer.json()["00081199"]["Value"].size(), 1u);
  EXPECT_FALSE(answer.json().isMember("00081198"));
  EXPECT_EQ(store_->statistics()->instances, 1);
}

TEST_F(WebStore, OtherBodiesAreRefused) {
  const auto bytes = make_dicom().bytes();
  EXPECT_EQ(ask("POST", "/dicom-web/studies", bytes, "Content-Type: image/png\r\n").status, 415);
  EXPECT_EQ(ask("POST", "/dicom-web/studies", bytes).status, 415);
  EXPECT_EQ(
      ask("POST", "/dicom-web/studies", body_of({"{}"}, "application/dicom+json"), kParts).status,
      415);
  EXPECT_EQ(ask("POST", "/dicom-web/studies", "", kParts).status, 400);
  EXPECT_EQ(ask("POST", "/dicom-web/studies", "", "Content-Type: application/dicom\r\n").status,
            400);
  EXPECT_EQ(ask("POST", "/dicom-web/studies", body_of({bytes}),
                std::string(kParts) + "Accept: text/html\r\n")
                .status,
            406);
  EXPECT_EQ(store_->statistics()->instances, 0);
}

}  // namespace
}  // namespace dcmfs::rest
