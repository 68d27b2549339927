// XML of searches and metadata.
#include <gmock/gmock.h>

#include "tests/rest/dicomweb_fixture.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;

class WebXml : public DicomwebFixture {
 protected:
  static constexpr const char* kXml =
      "Accept: multipart/related; type=\"application/dicom+xml\"\r\n";
};

TEST_F(WebXml, EachResultOfASearchIsADocument) {
  add(make_dicom().patient("1", "DOE^JANE").study("1.1"));
  add(make_dicom().study("2.1"));
  const auto answer = get("/dicom-web/studies", kXml);

  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(
      answer.headers,
      HasSubstr("Content-Type: multipart/related; type=\"application/dicom+xml\"; boundary="));
  const auto parts = parts_of(answer);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_THAT(parts[0].head, HasSubstr("Content-Type: application/dicom+xml\r\n"));
  EXPECT_THAT(parts[0].body, HasSubstr("<FamilyName>DOE</FamilyName><GivenName>JANE</GivenName>"));
  EXPECT_THAT(parts[0].body,
              HasSubstr("<Value number=\"1\">http://x/dicom-web/studies/1.1</Value>"));
  EXPECT_EQ(get("/dicom-web/studies?PatientID=nobody", kXml).status, 204);
}

TEST_F(WebXml, MetadataIsADocumentForEachInstance) {
  const auto dicom = make_dicom().study("1.1").pixels(2, 2, 16);
  add(dicom);
  add(make_dicom().study("1.1"));
  const auto parts = parts_of(get("/dicom-web/studies/1.1/metadata", kXml));

  ASSERT_EQ(parts.size(), 2u);
  EXPECT_THAT(parts[0].body,
              HasSubstr("<BulkData uri=\"http://x" + path_of(dicom) + "/bulkdata/7FE00010\"/>"));
  EXPECT_THAT(parts[0].body, HasSubstr("keyword=\"AvailableTransferSyntaxUID\"><Value "
                                       "number=\"1\">1.2.840.10008.1.2.1</Value>"));
}

TEST_F(WebXml, TheBetterOneIsTaken) {
  add(make_dicom().study("1.1"));
  const auto type = [&](const char* accept) {
    const auto answer = get("/dicom-web/studies", std::string("Accept: ") + accept + "\r\n");
    if (answer.status != 200) return std::to_string(answer.status);
    return std::string(answer.headers.find("multipart") == std::string::npos ? "json" : "xml");
  };
  EXPECT_EQ(type("*/*"), "json");
  EXPECT_EQ(type("application/json"), "json");
  EXPECT_EQ(type("multipart/related; type=application/dicom+xml; q=0.5, application/dicom+json"),
            "json");
  EXPECT_EQ(type("multipart/related; type=application/dicom+xml, application/dicom+json; q=0.5"),
            "xml");
  EXPECT_EQ(type("application/dicom+xml"), "xml") << "in parts";
  EXPECT_EQ(type("application/dicom+xml, application/json"), "json");
  EXPECT_EQ(type("application/dicom+xml;q=0, text/html"), "406");
  EXPECT_EQ(type("multipart/related; type=image/png"), "406");
}

}  // namespace
}  // namespace dcmfs::rest
