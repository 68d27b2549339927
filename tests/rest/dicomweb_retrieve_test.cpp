#include <gmock/gmock.h>

#include "rest/dicomweb/retrieve.h"
#include "store/dicom/byte_source.h"
#include "store/dicom/reader.h"
#include "store/image/text_overlay.h"
#include "tests/rest/dicomweb_fixture.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;

class WebRetrieve : public DicomwebFixture {
 protected:
  static constexpr const char* kAsStored =
      "Accept: multipart/related; type=\"application/dicom\"; transfer-syntax=*\r\n";
  static std::string syntax_of(const std::string& bytes) {
    const auto source = memory_source(bytes);
    const auto file = read_dicom(*source);
    return file ? file->syntax_uid : file.error().message;
  }
};

TEST_F(WebRetrieve, FilesComeInPartsAsTheyAreStored) {
  const auto a = add(make_dicom().study("1.1").series("1.1.1").pixels(4, 4, 16));
  const auto b = add(make_dicom().study("1.1").series("1.1.2").in(uids::ImplicitVRLittleEndian));

  const auto answer = get("/dicom-web/studies/1.1", kAsStored);

  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.headers,
              HasSubstr("Content-Type: multipart/related; type=\"application/dicom\"; boundary="));
  const auto parts = parts_of(answer);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].body, a);
  EXPECT_EQ(parts[1].body, b);
  EXPECT_THAT(parts[1].head,
              HasSubstr("Content-Type: application/dicom; transfer-syntax=1.2.840.10008.1.2\r\n"));
  EXPECT_THAT(parts[1].head, HasSubstr("Content-Length: " + std::to_string(b.size())));
  EXPECT_EQ(parts_of(get("/dicom-web/studies/1.1/series/1.1.2", kAsStored)).size(), 1u);
}

TEST_F(WebRetrieve, WithoutATransferSyntaxFilesAreExplicitLittleEndian) {
  const auto dicom = make_dicom().pixels(3, 3, 8).in(uids::ImplicitVRLittleEndian);
  add(dicom);
  for (const char* accept :
       {"", "Accept: */*\r\n", "Accept: multipart/related; type=application/dicom\r\n"}) {
    const auto parts = parts_of(get(path_of(dicom), accept));
    ASSERT_EQ(parts.size(), 1u) << accept;
    EXPECT_EQ(syntax_of(parts[0].body), uids::ExplicitVRLittleEndian) << accept;
  }
  const auto deflated = make_dicom().in(uids::DeflatedExplicitVRLittleEndian);
  add(deflated);
  EXPECT_EQ(syntax_of(parts_of(get(path_of(deflated)))[0].body), uids::ExplicitVRLittleEndian);
  EXPECT_EQ(get(path_of(dicom),
                "Accept: multipart/related; type=\"application/dicom\"; "
                "transfer-syntax=1.2.840.10008.1.2.4.50\r\n")
                .status,
            406);
}

TEST_F(WebRetrieve, OneInstanceMayComeAlone) {
  const auto dicom = make_dicom();
  const auto bytes = add(dicom);

  const auto answer = get(path_of(dicom), "Accept: application/dicom; transfer-syntax=*\r\n");

  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, bytes);
  EXPECT_THAT(
      answer.headers,
      HasSubstr("Content-Type: application/dicom; transfer-syntax=1.2.840.10008.1.2.1\r\n"));
  const auto begin = answer.headers.find("ETag: ");
  ASSERT_NE(begin, std::string::npos);
  const auto etag =
      answer.headers.substr(begin + 6, answer.headers.find("\r\n", begin) - begin - 6);
  EXPECT_EQ(get(path_of(dicom),
                "Accept: application/dicom; transfer-syntax=*\r\nIf-None-Match: " + etag + "\r\n")
                .status,
            304);
  EXPECT_EQ(get(path_of(dicom) + "?accept=application/dicom", "Accept: text/html\r\n").body, bytes);

  add(make_dicom().study(uid_of(dicom, tags::StudyInstanceUID)));
  EXPECT_EQ(get("/dicom-web/studies/" + uid_of(dicom, tags::StudyInstanceUID),
                "Accept: application/dicom\r\n")
                .status,
            406);
}

TEST_F(WebRetrieve, WhatIsNotThereIs404) {
  add(make_dicom().study("1.1"));
  for (const char* path :
       {"/dicom-web/studies/9.9", "/dicom-web/studies/1.1/series/9.9", "/dicom-web/studies/*",
        "/dicom-web/studies/1.1%5C9.9", "/dicom-web/studies/%22%22/metadata"})
    EXPECT_EQ(get(path).status, 404) << path;
}

TEST_F(WebRetrieve, MetadataHasAllButBulkData) {
  const auto dicom = make_dicom()
                         .patient("1", "Müller^Eva")
                         .set(tags::SpecificCharacterSet, "ISO_IR 192")
                         .pixels(4, 4, 16);
  add(dicom);
  const auto answer = get(path_of(dicom) + "/metadata");

  ASSERT_EQ(answer.status, 200) << answer.body;
  ASSERT_EQ(answer.json().size(), 1u);
  const auto told = answer.json()[0];
  EXPECT_EQ(told["00100010"]["Value"][0]["Alphabetic"], "Müller^Eva");
  EXPECT_EQ(told["7FE00010"]["BulkDataURI"], "http://x" + path_of(dicom) + "/bulkdata/7FE00010");
  EXPECT_EQ(told["00083002"]["Value"][0], std::string(uids::ExplicitVRLittleEndian));
  EXPECT_THAT(answer.headers, HasSubstr("ETag: "));
}

TEST_F(WebRetrieve, MetadataOfManyIsStreamed) {
  for (int i = 0; i < 70; ++i) add(make_dicom().study("1.1").series("1.1.1"));
  Answer answer = get("/dicom-web/studies/1.1/series/1.1.1/metadata");
  answer.body = answer.body;
  EXPECT_EQ(answer.json().size(), 70u);
}

TEST_F(WebRetrieve, FramesAreCountedFrom1) {
  const auto dicom = make_dicom().pixels(2, 2, 8, 3);
  add(dicom);
  const auto parts = parts_of(get(path_of(dicom) + "/frames/3,1"));
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].body, std::string("\x08\x09\x0a\x0b"));
  EXPECT_EQ(parts[1].body, std::string("\0\1\2\3", 4));
  EXPECT_THAT(
      parts[0].head,
      HasSubstr("Content-Type: application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"));
  EXPECT_EQ(get(path_of(dicom) + "/frames/2", "Accept: application/octet-stream\r\n").body,
            std::string("\4\5\6\7"));
  EXPECT_EQ(get(path_of(dicom) + "/frames/4").status, 404);
  for (const char* list : {"0", "x", "1,,2", "-1"})
    EXPECT_EQ(get(path_of(dicom) + "/frames/" + list).status, 400) << list;
  EXPECT_EQ(get(path_of(dicom) + "/frames/1", "Accept: image/jxl\r\n").status, 406);
}

TEST_F(WebRetrieve, FramesThatBeginInsideBytesComeAlone) {
  // Of 18 pixels every other is 1, from the second on; the second frame begins with pixel 9.
  const auto dicom = make_dicom()
                         .pixels(3, 3, 1, 2)
                         .set(tags::BitsAllocated, "1")
                         .set_bytes(tags::PixelData, Vr::OB, std::string("\xaa\xaa\x02\0", 4));
  add(dicom);
  EXPECT_EQ(get(path_of(dicom) + "/frames/2", "Accept: application/octet-stream\r\n").body,
            std::string("\x55\x01"));
}

TEST_F(WebRetrieve, LongValuesAreToldWithRanges) {
  constexpr Tag kLong{0x0029, 0x1001};
  const std::string value(3000, 'v');
  const auto dicom = make_dicom().pixels(2, 2, 16).set_bytes(kLong, Vr::OB, value + "end!");
  add(dicom);
  const std::string uri =
      get(path_of(dicom) + "/metadata").json()[0]["00291001"]["BulkDataURI"].asString();
  ASSERT_TRUE(uri.starts_with("http://x/")) << uri;
  const auto path = uri.substr(8);

  EXPECT_EQ(parts_of(get(path)).at(0).body, value + "end!");
  EXPECT_EQ(get(path, "Accept: application/octet-stream\r\n").body, value + "end!");
  const auto range = get(path, "Range: bytes=3000-\r\n");
  EXPECT_EQ(range.status, 206);
  EXPECT_EQ(range.body, "end!");
  EXPECT_EQ(get(path_of(dicom) + "/bulkdata/7FE00010", "Accept: application/octet-stream\r\n")
                .body.size(),
            8u);
  EXPECT_EQ(get(path_of(dicom) + "/bulkdata/00291002").status, 404);
}

TEST_F(WebRetrieve, PicturesAreRendered) {
  const auto dicom = make_dicom().study("1.1").series("1.1.1").pixels(20, 40, 8);
  add(dicom);
  const auto jpeg = get(path_of(dicom) + "/rendered");
  ASSERT_EQ(jpeg.status, 200) << jpeg.body;
  EXPECT_THAT(jpeg.headers, HasSubstr("Content-Type: image/jpeg\r\n"));
  EXPECT_TRUE(jpeg.body.starts_with("\xff\xd8"));
  const auto png = get(path_of(dicom) + "/frames/1/rendered?viewport=20,20&window=10,20,linear",
                       "Accept: image/png\r\n");
  ASSERT_EQ(png.status, 200) << png.body;
  EXPECT_EQ(png.body.substr(16, 8), std::string("\0\0\0\x14\0\0\0\x0a", 8));  // columns and rows
  EXPECT_EQ(get("/dicom-web/studies/1.1/series/1.1.1/thumbnail", "Accept: image/png\r\n")
                .body.substr(16, 8),
            std::string("\0\0\0\x80\0\0\0\x40", 8));
  EXPECT_EQ(get(path_of(dicom) + "/rendered?viewport=10,10,0,0,10,5", "Accept: image/png\r\n")
                .body.substr(16, 8),
            std::string("\0\0\0\x0a\0\0\0\x05", 8));
  EXPECT_EQ(get(path_of(dicom) + "/frames/2/rendered").status, 404);
  for (const char* query : {"window=1", "window=a,b,linear", "window=1,0,linear", "viewport=0,0",
                            "quality=101", "viewport=9,9,100,0"})
    EXPECT_EQ(get(path_of(dicom) + "/rendered?" + query).status, 400) << query;
  EXPECT_EQ(get(path_of(dicom) + "/rendered", "Accept: image/gif\r\n").status, 406);
  const auto report = make_dicom();
  add(report);
  EXPECT_EQ(get(path_of(report) + "/rendered").status, 406);
}

TEST_F(WebRetrieve, WhoTakesPartsGetsAllPictures) {
  const auto cine = make_dicom().study("1.1").series("1.1.1").pixels(4, 4, 8, 3);
  add(cine);
  add(make_dicom().study("1.1").series("1.1.1").pixels(4, 4, 8));
  add(make_dicom().study("1.1").series("1.1.1"));
  const char* kParts = "Accept: multipart/related; type=\"image/jpeg\"\r\n";
  const auto count = [&](const std::string& path) { return parts_of(get(path, kParts)).size(); };
  EXPECT_EQ(count("/dicom-web/studies/1.1/rendered"), 4u);
  EXPECT_EQ(count("/dicom-web/studies/1.1/series/1.1.1/rendered?viewport=2,2"), 4u);
  EXPECT_EQ(count(path_of(cine) + "/rendered"), 3u);
  EXPECT_EQ(count(path_of(cine) + "/frames/1,3/rendered"), 2u);
  EXPECT_EQ(count("/dicom-web/studies/1.1/thumbnail"), 1u);
  // Of frames that are named all come, whatever is accepted, or none.
  const auto frames = path_of(cine) + "/frames/1,3/rendered";
  for (const char* any : {"", "Accept: */*\r\n", "Accept: image/png, */*;q=0.1\r\n"})
    EXPECT_EQ(parts_of(get(frames, any)).size(), 2u) << any;
  EXPECT_EQ(get(frames, "Accept: image/png\r\n").status, 406);
  EXPECT_EQ(get(path_of(cine) + "/frames/2/rendered").header("Content-Type"), "image/jpeg");
  EXPECT_EQ(get("/dicom-web/studies/1.1/rendered", "Accept: image/jpeg\r\n").body.substr(0, 2),
            "\xff\xd8");
  EXPECT_EQ(get(path_of(cine) + "/frames/4/rendered", kParts).status, 404);
  EXPECT_EQ(get(path_of(cine) + "/frames/1,99/rendered", kParts).status, 404);
  const auto parts = parts_of(get(frames, kParts));
  EXPECT_THAT(parts[0].head,
              HasSubstr("Content-Location: http://x" + path_of(cine) + "/frames/1/rendered\r\n"));
  EXPECT_THAT(parts[1].head,
              HasSubstr("Content-Location: http://x" + path_of(cine) + "/frames/3/rendered\r\n"));
}

TEST_F(WebRetrieve, TextIsDrawnOnPictures) {
  if (!text_can_be_drawn()) GTEST_SKIP() << "no font is installed";
  const auto dicom = make_dicom().patient("42", "DOE^JANE").pixels(100, 100, 8);
  add(dicom);
  const std::string png = "Accept: image/png\r\n";
  const auto plain = get(path_of(dicom) + "/rendered", png);
  for (const char* query :
       {"annotation=patient", "annotation=technique", "annotation=patient,technique"}) {
    const auto answer = get(path_of(dicom) + "/rendered?" + query, png);
    EXPECT_EQ(answer.status, 200) << query;
    EXPECT_NE(answer.body, plain.body) << query;
    EXPECT_EQ(answer.headers.find("Warning"), std::string::npos) << query;
  }
}

TEST_F(WebRetrieve, WhatCannotBeHadOfAPictureIsSaid) {
  const auto dicom = make_dicom().pixels(4, 4, 8);
  add(dicom);
  const std::string warning =
      "Warning: 299 http://x/dicom-web: The following parameter values are not supported: "
      "iccprofile srgb\r\n";
  EXPECT_THAT(get(path_of(dicom) + "/rendered?iccprofile=srgb").headers, HasSubstr(warning));
  EXPECT_THAT(get("/dicom-web/studies/" + uid_of(dicom, tags::StudyInstanceUID) +
                      "/rendered?iccprofile=srgb",
                  "Accept: multipart/related; type=\"image/jpeg\"\r\n")
                  .headers,
              HasSubstr(warning));
  EXPECT_EQ(get(path_of(dicom) + "/rendered?iccprofile=no").headers.find("Warning"),
            std::string::npos);
  for (const char* query :
       {"annotation=", "annotation=everything", "iccprofile=maybe", "iccprofile=no,yes"})
    EXPECT_EQ(get(path_of(dicom) + "/rendered?" + query).status, 400) << query;
}

// Of two frames of an image, and of one that is not there.
DicomBuilder state_of(const DicomBuilder& image) {
  DicomBuilder state = make_dicom().sop_class("1.2.840.10008.5.1.4.1.1.11.1").modality("PR");
  state.study(image.dataset().text_or(tags::StudyInstanceUID, ""))
      .set(tags::PresentationLUTShape, "INVERSE");
  auto& series = state.dataset().add_item(tags::ReferencedSeriesSequence);
  series.set_text(tags::SeriesInstanceUID, image.dataset().text_or(tags::SeriesInstanceUID, ""));
  series.add_item(tags::ReferencedImageSequence)
      .set_text(tags::ReferencedSOPInstanceUID, "1.2.3.4.5.6.7");
  auto& reference = series.add_item(tags::ReferencedImageSequence);
  reference.set_text(tags::ReferencedSOPInstanceUID,
                     image.dataset().text_or(tags::SOPInstanceUID, ""));
  reference.set_text(tags::ReferencedFrameNumber, "1\\3");
  return state;
}

TEST_F(WebRetrieve, APresentationStateIsTheImagesThatItIsAbout) {
  const auto image = make_dicom().pixels(4, 4, 8, 3), state = state_of(image);
  add(image);
  add(state);
  const std::string png = "Accept: image/png\r\n",
                    parts = "Accept: multipart/related; type=\"image/png\"\r\n";

  const auto one = get(path_of(state) + "/rendered", png);
  const auto all = parts_of(get(path_of(state) + "/rendered", parts));

  ASSERT_EQ(one.status, 200);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].body, one.body);
  EXPECT_NE(all[1].body, one.body);
  EXPECT_NE(one.body, get(path_of(image) + "/frames/1/rendered", png).body);
  EXPECT_EQ(get(path_of(state) + "/thumbnail", png).status, 200);
  EXPECT_EQ(get(path_of(state) + "/frames/1/rendered", png).status, 404);
  EXPECT_EQ(get(path_of(state) + "/rendered?window=1,2,linear", png).status, 400);
  // Of the study it is none.
  EXPECT_EQ(
      parts_of(
          get("/dicom-web/studies/" + uid_of(image, tags::StudyInstanceUID) + "/rendered", parts))
          .size(),
      3u);
  const auto lonely = state_of(make_dicom().pixels(4, 4, 8));
  add(lonely);
  EXPECT_EQ(get(path_of(lonely) + "/rendered", png).status, 404);
}

TEST_F(WebRetrieve, AnotherPresentationStateIsAnotherPicture) {
  const auto image = make_dicom().pixels(4, 4, 8, 3), state = state_of(image);
  add(image);
  add(state);
  const auto etag_of = [](const Answer& answer) {
    const auto at = answer.headers.find("ETag: ");
    return answer.headers.substr(at + 6, answer.headers.find("\r\n", at) - at - 6);
  };
  const auto first = get(path_of(state) + "/rendered");
  EXPECT_EQ(get(path_of(state) + "/rendered", "If-None-Match: " + etag_of(first) + "\r\n").status,
            304);
  EXPECT_NE(etag_of(first), etag_of(get(path_of(image) + "/rendered")));
}

TEST_F(WebRetrieve, PixelDataIsNeverPacked) {
  const auto dicom = make_dicom().pixels(64, 64, 16);
  add(dicom);
  for (const char* path : {"", "/frames/1", "/bulkdata/7FE00010", "/rendered"})
    EXPECT_EQ(
        get(path_of(dicom) + path, "Accept-Encoding: gzip\r\n").headers.find("Content-Encoding"),
        std::string::npos)
        << path;
  EXPECT_EQ(get(path_of(dicom) + "/frames/1",
                "Accept: application/octet-stream\r\nAccept-Encoding: gzip\r\n")
                .body.size(),
            8192u);
  EXPECT_THAT(get(path_of(dicom) + "/metadata", "Accept-Encoding: gzip\r\n").headers,
              HasSubstr("Content-Encoding: gzip"));
}

TEST_F(WebRetrieve, CachesAreToldThatAcceptDecides) {
  const auto dicom =
      make_dicom().pixels(4, 4, 8).set_bytes({0x0029, 0x1001}, Vr::OB, std::string(900, 'v'));
  add(dicom);
  for (const char* path : {"", "/frames/1", "/bulkdata/7FE00010", "/rendered", "/thumbnail"}) {
    EXPECT_EQ(get(path_of(dicom) + path).header("Vary"), "Accept") << path;
    EXPECT_EQ(get(path_of(dicom) + path, "Accept: text/plain\r\n").header("Vary"), "Accept")
        << path;
  }
  EXPECT_EQ(get(path_of(dicom) + "/metadata").header("Vary"), "Accept, Accept-Encoding");
  EXPECT_EQ(get("/dicom-web/studies").header("Vary"), "Accept");
}

TEST_F(WebRetrieve, CapabilitiesNameAllResources) {
  const auto answer = get("/dicom-web");
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json()["Root"], "http://x/dicom-web");
  EXPECT_GT(answer.json()["Resources"].size(), 20u);
  EXPECT_THAT(ask("OPTIONS", "/dicom-web/studies").headers, HasSubstr("POST"));
}

class WadoUri : public WebRetrieve {
 protected:
  std::string query_of(const DicomBuilder& dicom) {
    return "/wado?requestType=WADO&studyUID=" + uid_of(dicom, tags::StudyInstanceUID) +
           "&seriesUID=" + uid_of(dicom, tags::SeriesInstanceUID) +
           "&objectUID=" + uid_of(dicom, tags::SOPInstanceUID);
  }
};

TEST_F(WadoUri, APictureIsAJpegAndAllElseAFile) {
  const auto picture = make_dicom().pixels(10, 20, 8), report = make_dicom(),
             cine = make_dicom().pixels(4, 4, 8, 2);
  add(picture);
  const auto bytes = add(report);
  add(cine);

  EXPECT_TRUE(get(query_of(picture)).body.starts_with("\xff\xd8"));
  EXPECT_EQ(get(query_of(report)).body, bytes);
  EXPECT_THAT(get(query_of(cine)).headers, HasSubstr("Content-Type: application/dicom\r\n"));
  EXPECT_THAT(get(query_of(cine) + "&frameNumber=2").headers,
              HasSubstr("Content-Type: image/jpeg\r\n"));
  EXPECT_EQ(get(query_of(picture) + "&contentType=image%2Fpng&region=0,0,0.5,1&rows=5")
                .body.substr(16, 8),
            std::string("\0\0\0\x05\0\0\0\x05", 8));
  EXPECT_EQ(syntax_of(get(query_of(picture) +
                          "&contentType=application/dicom&transferSyntax=1.2.840.10008.1.2")
                          .body),
            uids::ImplicitVRLittleEndian);
}

TEST_F(WadoUri, TheInstanceAloneIsEnough) {
  const auto picture = make_dicom().pixels(4, 4, 8);
  add(picture);
  const std::string query =
      "/wado?requestType=WADO&objectUID=" + uid_of(picture, tags::SOPInstanceUID);

  EXPECT_TRUE(get(query).body.starts_with("\xff\xd8"));
  EXPECT_EQ(get(query + "&studyUID=" + uid_of(picture, tags::StudyInstanceUID)).status, 200);
  EXPECT_EQ(get(query + "&studyUID=9.9").status, 404);
  EXPECT_THAT(get(query + "&contentType=image/jpg").headers,
              HasSubstr("Content-Type: image/jpeg\r\n"));
}

TEST_F(WadoUri, WhatIsMissingOrWrongIsSaid) {
  const auto dicom = make_dicom().pixels(4, 4, 8);
  add(dicom);
  EXPECT_EQ(get("/wado").status, 400);
  EXPECT_EQ(get("/wado?requestType=WADO&studyUID=1&seriesUID=2").status, 400);
  EXPECT_EQ(get("/wado?requestType=WADO&studyUID=1&seriesUID=2&objectUID=3").status, 404);
  for (const char* query :
       {"&windowCenter=1", "&region=0,0,2,1", "&rows=0", "&imageQuality=0", "&frameNumber=0"})
    EXPECT_EQ(get(query_of(dicom) + query).status, 400) << query;
  EXPECT_EQ(get(query_of(dicom) + "&frameNumber=2").status, 400);
  EXPECT_EQ(get(query_of(dicom) + "&contentType=video/mpeg").status, 406);
  EXPECT_EQ(get(query_of(dicom) + "&contentType=image/jpeg&anonymize=yes").status, 400);
  EXPECT_EQ(get(query_of(dicom) + "&contentType=application/dicom&anonymize=perhaps").status, 400);
  EXPECT_EQ(get(query_of(dicom) + "&presentationUID=1.2").status, 400);
  EXPECT_EQ(get(query_of(dicom) + "&presentationUID=1.2&presentationSeriesUID=1.3").status, 404);
  EXPECT_THAT(get(query_of(dicom) + "&iccprofile=yes").headers,
              HasSubstr("Warning: 299 http://x/dicom-web: "));
  EXPECT_EQ(get(query_of(dicom), "Accept: text/html\r\n").status, 406);
  EXPECT_THAT(get(query_of(dicom), "Accept: image/png\r\n").headers,
              HasSubstr("Content-Type: image/png\r\n"));
}

TEST_F(WadoUri, APresentationStateSaysHowAnImageIsSeen) {
  const auto image = make_dicom().pixels(4, 4, 8, 3), state = state_of(image),
             other = make_dicom().pixels(4, 4, 8).study(uid_of(image, tags::StudyInstanceUID));
  for (const auto& one : {image, state, other}) add(one);
  const std::string by_state =
      "&contentType=image/png&presentationUID=" + uid_of(state, tags::SOPInstanceUID) +
      "&presentationSeriesUID=" + uid_of(state, tags::SeriesInstanceUID);

  const auto answer = get(query_of(image) + "&frameNumber=1" + by_state);

  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body, get(path_of(state) + "/rendered", "Accept: image/png\r\n").body);
  EXPECT_EQ(get("/wado?requestType=WADO&objectUID=" + uid_of(image, tags::SOPInstanceUID) +
                "&frameNumber=1" + by_state)
                .body,
            answer.body)
      << "the study is that of the image";
  EXPECT_EQ(get(query_of(image) + "&frameNumber=2" + by_state).status, 400);
  EXPECT_EQ(get(query_of(other) + by_state).status, 400);
  EXPECT_EQ(get(query_of(image) + "&frameNumber=1&windowCenter=1&windowWidth=2" + by_state).status,
            400);
  EXPECT_EQ(get(query_of(image) + "&frameNumber=1&contentType=image/png&presentationUID=" +
                uid_of(other, tags::SOPInstanceUID) +
                "&presentationSeriesUID=" + uid_of(other, tags::SeriesInstanceUID))
                .status,
            406);
}

TEST_F(WadoUri, InstancesAreAnonymizedOnTheirWay) {
  const auto dicom = make_dicom().patient("7", "DOE^JANE").pixels(4, 4, 8);
  add(dicom);
  const auto answer = get(query_of(dicom) + "&contentType=application/dicom&anonymize=yes");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto source = memory_source(answer.body);
  const auto file = read_dicom(*source);
  ASSERT_OK(file);
  EXPECT_EQ(file->dataset.text(tags::PatientIdentityRemoved), "YES");
  EXPECT_NE(file->dataset.text(tags::SOPInstanceUID), uid_of(dicom, tags::SOPInstanceUID));
  EXPECT_EQ(answer.body.find("DOE^JANE"), std::string::npos);
}

TEST_F(WadoUri, AnonymizedInstancesOfAStudyStayTogether) {
  const auto anonymized = [this](const DicomBuilder& dicom) {
    const auto answer = get(query_of(dicom) + "&contentType=application/dicom&anonymize=yes");
    const auto source = memory_source(answer.body);
    return TempStore::require(read_dicom(*source)).dataset;
  };
  const auto first = make_dicom().patient("7", "DOE^JANE").study("1.1").series("1.1.1"),
             second = make_dicom().patient("7", "DOE^JANE").study("1.1").series("1.1.1"),
             nobodys = make_dicom().patient("", "").study("1.2"),
             another = make_dicom().patient("", "").study("1.3");
  for (const auto& dicom : {first, second, nobodys, another}) add(dicom);

  const auto a = anonymized(first), b = anonymized(second);

  for (const Tag tag : {tags::PatientID, tags::StudyInstanceUID, tags::SeriesInstanceUID})
    EXPECT_EQ(a.text(tag), b.text(tag));
  EXPECT_NE(a.text(tags::SOPInstanceUID), b.text(tags::SOPInstanceUID));
  EXPECT_NE(anonymized(nobodys).text(tags::PatientID), anonymized(another).text(tags::PatientID));
}

}  // namespace
}  // namespace dcmfs::rest
