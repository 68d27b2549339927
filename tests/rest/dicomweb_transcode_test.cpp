// Instances and frames in another transfer syntax than that of their file; archives.
#include <gmock/gmock.h>

#include "store/dicom/byte_source.h"
#include "store/dicom/reader.h"
#include "tests/rest/dicomweb_fixture.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;

constexpr const char* kCompressed[] = {"1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.57",
                                       "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80",
                                       "1.2.840.10008.1.2.4.90"};

class WebTranscode : public DicomwebFixture {
 protected:
  static std::string accept(std::string_view type, std::string_view syntax) {
    return "Accept: multipart/related; type=\"" + std::string(type) +
           "\"; transfer-syntax=" + std::string(syntax) + "\r\n";
  }
  static std::string syntax_in(const std::string& bytes) {
    const auto source = memory_source(bytes);
    const auto file = read_dicom(*source);
    return file ? file->syntax_uid : file.error().message;
  }
};

TEST_F(WebTranscode, InstancesComeInEachSyntaxThatThisBuildWrites) {
  const auto dicom = make_dicom().pixels(16, 16, 12, 2);
  add(dicom);
  for (const char* syntax : kCompressed) {
    const auto parts = parts_of(get(path_of(dicom), accept("application/dicom", syntax)));
    ASSERT_EQ(parts.size(), 1u) << syntax;
    EXPECT_EQ(syntax_in(parts[0].body), syntax);
    EXPECT_THAT(parts[0].head, HasSubstr(std::string("transfer-syntax=") + syntax + "\r\n"));
  }
}

TEST_F(WebTranscode, TheFirstSyntaxThatCanBeHadIsTaken) {
  const auto picture = make_dicom().study("1.1").pixels(4, 4, 16),
             report = make_dicom().study("1.1");
  add(picture);
  add(report);
  const std::string rle = accept("application/dicom", kCompressed[0]);
  EXPECT_EQ(get(path_of(picture), rle).status, 200);
  EXPECT_EQ(get(path_of(report), rle).status, 406);  // it has no pixels
  // Of the study, what can be (PS3.18 8.7.8.2).
  EXPECT_THAT(parts_of(get("/dicom-web/studies/1.1", rle)).at(1).head,
              HasSubstr("transfer-syntax=1.2.840.10008.1.2.1\r\n"));
  const auto parts = parts_of(get(
      "/dicom-web/studies/1.1",
      "Accept: multipart/related; type=\"application/dicom\"; transfer-syntax=1.2.840.10008.1.2.5, "
      "multipart/related; type=\"application/dicom\"; q=0.5\r\n"));
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(syntax_in(parts[0].body), kCompressed[0]);
  EXPECT_EQ(syntax_in(parts[1].body), uids::ExplicitVRLittleEndian);
}

TEST_F(WebTranscode, LossySyntaxesAreNotMade) {
  const auto dicom = make_dicom().pixels(16, 16, 8);
  add(dicom);
  for (const char* syntax :
       {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91", "1.2.3"})
    EXPECT_EQ(get(path_of(dicom), accept("application/dicom", syntax)).status, 406) << syntax;
}

TEST_F(WebTranscode, FramesComeByTheirMediaType) {
  const auto dicom = make_dicom().pixels(16, 16, 12, 3);
  add(dicom);
  struct Row {
    const char *type, *syntax, *begin;
  };
  for (const Row& row : {Row{"image/jls", "1.2.840.10008.1.2.4.80", "\xff\xd8\xff"},
                         Row{"image/jp2", "1.2.840.10008.1.2.4.90", "\xff\x4f\xff\x51"},
                         Row{"image/dicom-rle", "1.2.840.10008.1.2.5", "\2"},
                         Row{"image/jpeg", "1.2.840.10008.1.2.4.70", "\xff\xd8\xff"}}) {
    const auto parts = parts_of(get(path_of(dicom) + "/frames/1,3", accept(row.type, row.syntax)));
    ASSERT_EQ(parts.size(), 2u) << row.type;
    EXPECT_THAT(parts[1].head,
                HasSubstr(std::string(row.type) + "; transfer-syntax=" + row.syntax));
    EXPECT_TRUE(parts[1].body.starts_with(row.begin)) << row.type;
    // What the type means by itself.
    const auto alone =
        get(path_of(dicom) + "/frames/3", std::string("Accept: ") + row.type + "\r\n");
    EXPECT_EQ(alone.body, parts[1].body) << row.type;
  }
  EXPECT_EQ(
      get(path_of(dicom) + "/frames/1", accept("image/jpeg", "1.2.840.10008.1.2.4.50")).status,
      406);
  EXPECT_EQ(get(path_of(dicom) + "/frames/1", accept("image/jls", "1.2.840.10008.1.2.4.90")).status,
            406);
}

TEST_F(WebTranscode, WadoUriTakesATransferSyntax) {
  const auto dicom = make_dicom().pixels(16, 16, 12);
  add(dicom);
  const auto answer =
      get("/wado?requestType=WADO&studyUID=" + uid_of(dicom, tags::StudyInstanceUID) +
          "&seriesUID=" + uid_of(dicom, tags::SeriesInstanceUID) +
          "&objectUID=" + uid_of(dicom, tags::SOPInstanceUID) +
          "&contentType=application/dicom&transferSyntax=1.2.840.10008.1.2.4.80");
  EXPECT_EQ(syntax_in(answer.body), "1.2.840.10008.1.2.4.80");
}

TEST_F(WebTranscode, ArchivesHaveFilesAsTheyAreOrInASyntax) {
  const auto a = make_dicom().study("1.1").pixels(4, 4, 16).in(uids::ImplicitVRLittleEndian),
             b = make_dicom().study("1.1");
  const auto bytes = add(a);
  add(b);
  const auto stored =
      get("/dicom-web/studies/1.1", "Accept: application/zip; transfer-syntax=*\r\n");
  ASSERT_EQ(stored.status, 200) << stored.body;
  EXPECT_THAT(stored.headers, HasSubstr("Content-Type: application/zip\r\n"));
  EXPECT_THAT(stored.headers, HasSubstr("Content-Length: "));
  EXPECT_TRUE(stored.body.starts_with("PK\3\4"));
  EXPECT_THAT(stored.body, HasSubstr(bytes));
  EXPECT_TRUE(get(path_of(a), "Accept: application/zip\r\n").body.starts_with("PK\3\4"));
  EXPECT_EQ(
      get("/dicom-web/studies/1.1", "Accept: application/zip; transfer-syntax=1.2.3\r\n").status,
      406);
  EXPECT_THAT(get("/dicom-web/studies/1.1").headers, HasSubstr("multipart/related"));
}

}  // namespace
}  // namespace dcmfs::rest
