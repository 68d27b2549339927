// Encapsulated documents as what they are.
#include <gmock/gmock.h>

#include "tests/rest/dicomweb_fixture.h"
#include "tests/support/manifest.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;

class WebDocument : public DicomwebFixture {
 protected:
  std::string add_document(std::string_view type, std::string content) {
    auto dicom = make_dicom().set(tags::MIMETypeOfEncapsulatedDocument, type);
    dicom.set(tags::EncapsulatedDocumentLength, std::to_string(content.size()));
    if (content.size() % 2 != 0) content += '\0';
    add(dicom.set_bytes(tags::EncapsulatedDocument, Vr::OB, content));
    return path_of(dicom);
  }
  static constexpr const char* kAccepts =
      "Accept: text/html,application/xhtml+xml,image/webp,*/*;q=0.8\r\n";  // a browser
};

TEST_F(WebDocument, APdfIsHadAsPdf) {
  const auto path = add_document("application/pdf", "%PDF-1.4 ... %%EOF!");
  for (const char* accept :
       {"Accept: application/pdf\r\n", "Accept: application/*\r\n", kAccepts, ""}) {
    const auto answer = get(path + "/rendered", accept);
    ASSERT_EQ(answer.status, 200) << accept << answer.body;
    EXPECT_EQ(answer.header("Content-Type"), "application/pdf") << accept;
    EXPECT_EQ(answer.body, "%PDF-1.4 ... %%EOF!");
    EXPECT_EQ(answer.header("Content-Security-Policy"), "");
  }
  EXPECT_EQ(get(path + "/rendered", "Accept: application/pdf\r\nRange: bytes=0-3\r\n").body,
            "%PDF");
  EXPECT_EQ(get(path + "/rendered", "Accept: image/jpeg\r\n").status, 406);
  EXPECT_EQ(get(path + "/rendered", "Accept: text/html\r\n").status, 406);
}

TEST_F(WebDocument, BulkDataHasItsTypeBesideOctets) {
  const auto path = add_document("application/pdf", "%PDF-1.4 ... %%EOF!") + "/bulkdata/00420011";
  EXPECT_EQ(get(path, "Accept: application/pdf\r\n").body, "%PDF-1.4 ... %%EOF!");
  const auto parts = parts_of(get(path, "Accept: multipart/related; type=\"application/pdf\"\r\n"));
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].body, "%PDF-1.4 ... %%EOF!");
  EXPECT_THAT(parts[0].head, HasSubstr("Content-Type: application/pdf\r\n"));
  EXPECT_THAT(parts[0].head, HasSubstr("Content-Location: http://x" + path + "\r\n"));
  EXPECT_EQ(get(path, "Accept: application/octet-stream\r\n").header("Content-Type"),
            "application/octet-stream");
  EXPECT_EQ(get(path, "Accept: text/xml\r\n").status, 406);
}

TEST_F(WebDocument, WhatCouldRunInABrowserMayDoNothingThere) {
  const auto path = add_document("text/HTML; charset=utf-8", "<script>alert(1)</script>");
  const auto answer = get(path + "/rendered", kAccepts);
  EXPECT_EQ(answer.header("Content-Type"), "text/html");
  EXPECT_THAT(answer.header("Content-Security-Policy"), HasSubstr("sandbox"));
  EXPECT_THAT(
      get(path + "/bulkdata/00420011", "Accept: text/html\r\n").header("Content-Security-Policy"),
      HasSubstr("sandbox"));
}

TEST_F(WebDocument, WhatIsNoMediaTypeIsNotTold) {
  for (const char* type : {"pdf", "a/b/c", "text/h\"tml", ""}) {
    const auto path = add_document(type, "content!");
    EXPECT_EQ(get(path + "/rendered").status, 406) << type;
    EXPECT_EQ(parts_of(get(path + "/bulkdata/00420011")).at(0).body, "content!") << type;
  }
}

TEST_F(WebDocument, TheDocumentsOfTheSharedData) {
  if (!shared_data()) GTEST_SKIP() << "the shared test data is missing";
  struct Row {
    const char *file, *type, *begin;
  };
  for (const Row& row :
       {Row{"objects/pdf/encapsulated_pdf_instance.dcm", "application/pdf", "%PDF"},
        Row{"objects/encapsulated/cda_generated.dcm", "text/xml", "<?xml"}}) {
    const auto added = store_.add(read_whole_file(*shared_data() / row.file));
    const auto answer =
        get("/dicom-web/studies/" + added.uids.study + "/series/" + added.uids.series +
                "/instances/" + added.uids.sop_instance + "/rendered",
            "Accept: " + std::string(row.type) + "\r\n");
    ASSERT_EQ(answer.status, 200) << row.file;
    EXPECT_EQ(answer.header("Content-Type"), row.type);
    EXPECT_TRUE(answer.body.starts_with(row.begin)) << answer.body.substr(0, 20);
  }
}

}  // namespace
}  // namespace dcmfs::rest
