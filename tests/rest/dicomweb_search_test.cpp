#include <gmock/gmock.h>

#include "rest/dicomweb/search.h"
#include "tests/rest/dicomweb_fixture.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;
using testing::Not;

class WebSearch : public DicomwebFixture {
 protected:
  void SetUp() override {
    DicomwebFixture::SetUp();
    add(make_dicom()
            .patient("1", "DOE^JOHN")
            .study("1.1")
            .series("1.1.1")
            .instance("1.1.1.1")
            .modality("CT")
            .set(tags::StudyDate, "20240102")
            .set(tags::StudyDescription, "Kopf"));
    add(make_dicom()
            .patient("1", "DOE^JOHN")
            .study("1.1")
            .series("1.1.2")
            .instance("1.1.2.1")
            .modality("MR")
            .set(tags::StudyDate, "20240102")
            .set(tags::StudyDescription, "Kopf"));
    add(make_dicom()
            .patient("2", "Müller^Eva")
            .study("2.1")
            .series("2.1.1")
            .instance("2.1.1.1")
            .modality("PT")
            .set(tags::StudyDate, "20240305")
            .pixels(2, 3, 16)
            .set(tags::SpecificCharacterSet, "ISO_IR 192"));
  }
  // The UIDs of what is found, joined.
  std::string found(const std::string& path, const char* tag = "0020000D") {
    const auto answer = get(path);
    if (answer.status != 200) return std::to_string(answer.status) + ": " + answer.body;
    std::string all;
    for (const auto& one : answer.json())
      all += (all.empty() ? "" : " ") + one[tag]["Value"][0].asString();
    return all;
  }
};

TEST_F(WebSearch, AStudyIsToldWithAllRequiredAttributes) {
  const auto answer =
      get("/dicom-web/studies?StudyInstanceUID=1.1", "Accept: application/dicom+json\r\n");

  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.headers, HasSubstr("Content-Type: application/dicom+json"));
  ASSERT_EQ(answer.json().size(), 1u) << answer.body;
  const auto study = answer.json()[0];
  for (const char* tag : {"00080020", "00080030", "00080050", "00080056", "00080061", "00080090",
                          "00080201", "00081190", "00100010", "00100020", "00100030", "00100040",
                          "0020000D", "00200010", "00201206", "00201208"})
    EXPECT_TRUE(study.isMember(tag)) << tag;
  EXPECT_EQ(study["00080061"]["Value"][0], "CT");
  EXPECT_EQ(study["00080061"]["Value"][1], "MR");
  EXPECT_EQ(study["00080056"]["Value"][0], "ONLINE");
  EXPECT_EQ(study["00201206"]["Value"][0], 2);
  EXPECT_EQ(study["00100010"]["Value"][0]["Alphabetic"], "DOE^JOHN");
  EXPECT_EQ(study["00081190"]["Value"][0], "http://x/dicom-web/studies/1.1");
  EXPECT_FALSE(study.isMember("00080052"));
}

TEST_F(WebSearch, SeriesAndInstancesAreFoundAtAllNestings) {
  EXPECT_EQ(found("/dicom-web/series", "0020000E"), "1.1.1 1.1.2 2.1.1");
  EXPECT_EQ(found("/dicom-web/studies/1.1/series", "0020000E"), "1.1.1 1.1.2");
  EXPECT_EQ(found("/dicom-web/studies/1.1/series/1.1.2/instances", "00080018"), "1.1.2.1");
  EXPECT_EQ(found("/dicom-web/studies/1.1/instances", "00080018"), "1.1.1.1 1.1.2.1");
  EXPECT_EQ(found("/dicom-web/instances?Modality=PT", "00080018"), "2.1.1.1");
  EXPECT_EQ(found("/dicom-web/studies/9.9/series"), "");

  const auto instance = get("/dicom-web/instances?SOPInstanceUID=2.1.1.1").json()[0];
  for (const char* tag :
       {"00080016", "00080018", "00080056", "00200013", "00280010", "00280011", "00280100",
        "00280008", "00081190", "00080060", "0020000E", "00100010", "00201208", "00083002"})
    EXPECT_TRUE(instance.isMember(tag)) << tag;
  EXPECT_EQ(instance["00280011"]["Value"][0], 3);
  EXPECT_EQ(instance["00100010"]["Value"][0]["Alphabetic"], "Müller^Eva");
  EXPECT_EQ(instance["00081190"]["Value"][0],
            "http://x/dicom-web/studies/2.1/series/2.1.1/instances/2.1.1.1");
  // What the path says already is not told again.
  const auto nested = get("/dicom-web/studies/2.1/series/2.1.1/instances").json()[0];
  EXPECT_FALSE(nested.isMember("00100010"));
  EXPECT_FALSE(nested.isMember("00080060"));
}

TEST_F(WebSearch, MatchingIsThatOfCFind) {
  EXPECT_EQ(found("/dicom-web/studies?PatientName=doe*"), "1.1");
  EXPECT_EQ(found("/dicom-web/studies?00100010=M%C3%BCller*"), "2.1");
  EXPECT_EQ(found("/dicom-web/studies?StudyDate=20240201-"), "2.1");
  EXPECT_EQ(found("/dicom-web/studies?StudyDate=20240101-20240131"), "1.1");
  EXPECT_EQ(found("/dicom-web/studies?StudyInstanceUID=1.1,2.1"), "1.1 2.1");
  EXPECT_EQ(found("/dicom-web/studies?StudyInstanceUID=1.1%5C2.1"), "1.1 2.1");
  EXPECT_EQ(found("/dicom-web/studies?ModalitiesInStudy=MR,PT"), "1.1 2.1");
  EXPECT_EQ(found("/dicom-web/studies?PatientName=john&fuzzymatching=true"), "1.1");
  EXPECT_EQ(found("/dicom-web/studies?PatientName=john"), "");
  EXPECT_EQ(get("/dicom-web/studies?StudyDate=yesterday").status, 400);
  EXPECT_EQ(get("/dicom-web/instances?Rows=many").status, 400);
  EXPECT_EQ(get("/dicom-web/studies?limit=-1").status, 400);
  EXPECT_EQ(found("/dicom-web/studies?PatientName=john&fuzzymatching=false"), "");
  EXPECT_EQ(get("/dicom-web/studies?fuzzymatching=maybe").status, 400);
  EXPECT_EQ(get("/dicom-web/studies?emptyvaluematching=1").status, 400);
}

TEST_F(WebSearch, EmptyAndSeveralValuesAreMatchedIfAskedFor) {
  add(make_dicom().patient("3", "DOE^JIM").study("3.1").set(tags::StudyDescription, ""));
  EXPECT_EQ(
      found("/dicom-web/"
            "studies?StudyInstanceUID=1.1,3.1&StudyDescription=%22%22&emptyvaluematching=true"),
      "3.1");
  EXPECT_EQ(found("/dicom-web/studies?PatientID=1%5C3&multiplevaluematching=true"), "1.1 3.1");
  EXPECT_EQ(found("/dicom-web/studies?PatientID=1&PatientID=2&multiplevaluematching=true"),
            "1.1 2.1");
}

TEST_F(WebSearch, SequencesAreMatchedByWhatIsInTheirItems) {
  auto dicom = make_dicom().study("3.1").series("3.1.1");
  constexpr Tag kRequests{0x0040, 0x0275};
  dicom.dataset().add_item(kRequests).set_text(tags::ScheduledProcedureStepID, "step-7");
  add(dicom);

  EXPECT_EQ(found("/dicom-web/series?RequestAttributesSequence.ScheduledProcedureStepID=step-7"),
            "3.1");
  EXPECT_EQ(found("/dicom-web/series?00400275.00400009=step-8"), "");
  const auto told = get("/dicom-web/studies/3.1/series").json()[0]["00400275"];
  EXPECT_EQ(told["Value"][0]["00400009"]["Value"][0], "step-7");
}

TEST_F(WebSearch, MoreFieldsAreToldIfAskedFor) {
  const auto one = [&](const std::string& query) {
    return get("/dicom-web/studies?PatientID=1" + query).json()[0];
  };
  EXPECT_EQ(one("")["00100020"]["Value"][0], "1");
  EXPECT_FALSE(one("").isMember("00080062"));
  for (const char* query :
       {"&includefield=00080062", "&includefield=SOPClassesInStudy",
        "&includefield=00080062,PatientAge", "&includefield=PatientAge%2CSOPClassesInStudy",
        "&includefield=PatientAge&includefield=00080062"})
    EXPECT_TRUE(one(query).isMember("00080062")) << query;
  EXPECT_TRUE(one("&includefield=all").isMember("00101010"));
}

TEST_F(WebSearch, LimitAndOffsetPageAndWarnThatThereIsMore) {
  const auto first = get("/dicom-web/instances?limit=2");
  EXPECT_EQ(first.json().size(), 2u);
  EXPECT_THAT(first.headers,
              HasSubstr("Warning: 299 http://x/dicom-web: The number of results exceeded"));
  const auto second = get("/dicom-web/instances?limit=2&offset=2");
  EXPECT_EQ(second.json().size(), 1u);
  EXPECT_EQ(second.headers.find("Warning"), std::string::npos);
  EXPECT_EQ(found("/dicom-web/instances?limit=1&offset=1", "00080018"), "1.1.2.1");
  EXPECT_EQ(get("/dicom-web/instances?offset=99").body, "[]\n");
  // Also where files decide.
  EXPECT_EQ(get("/dicom-web/studies/1.1/instances?PatientComments=&ConversionType=none&offset=1")
                .json()
                .size(),
            0u);
}

TEST_F(WebSearch, AttributesOfLowerLevelsAreThoseOfAnInstanceThatMatches) {
  const auto answer = get("/dicom-web/studies?Rows=2&includefield=Columns"),
             series = get("/dicom-web/studies?SeriesInstanceUID=1.1.2");

  ASSERT_EQ(answer.json().size(), 1u) << answer.body;
  EXPECT_EQ(answer.json()[0]["00280010"]["Value"][0], 2);
  EXPECT_EQ(answer.json()[0]["00280011"]["Value"][0], 3);
  EXPECT_THAT(answer.headers, Not(HasSubstr("Warning")));
  EXPECT_EQ(series.json()[0]["0020000E"]["Value"][0], "1.1.2") << "which is not the first";
  EXPECT_EQ(series.json()[0]["00081190"]["Value"][0], "http://x/dicom-web/studies/1.1");
}

TEST_F(WebSearch, WhatNamesNothingIsIgnoredWithAWarning) {
  const auto answer = get("/dicom-web/studies?PatientID=1&token=abc");
  EXPECT_EQ(answer.json().size(), 1u);
  EXPECT_THAT(answer.headers, HasSubstr("Warning: 299 http://x/dicom-web: Parameters"));
}

TEST_F(WebSearch, OtherThanJsonIsNotAcceptable) {
  EXPECT_EQ(get("/dicom-web/studies", "Accept: text/html\r\n").status, 406);
  EXPECT_EQ(
      get("/dicom-web/studies?accept=application/dicom%2Bjson", "Accept: text/html\r\n").status,
      200);
  EXPECT_EQ(get("/dicom-web/studies?accept=application/dicom+json", "Accept: text/html\r\n").status,
            200);
}

TEST_F(WebSearch, UrlsAreThoseThatTheClientUses) {
  const auto url = [&](std::string_view headers) {
    return get("/dicom-web/studies?PatientID=1", headers)
        .json()[0]["00081190"]["Value"][0]
        .asString();
  };
  EXPECT_EQ(url("Forwarded: for=1.2.3.4;proto=https;host=\"pacs.example:8443\", for=5.6.7.8\r\n"),
            "https://pacs.example:8443/dicom-web/studies/1.1");
  EXPECT_EQ(
      url("X-Forwarded-Proto: https\r\nX-Forwarded-Host: pacs.example\r\nX-Forwarded-Port: 444\r\n"
          "X-Forwarded-Prefix: /orthanc/\r\n"),
      "https://pacs.example:444/orthanc/dicom-web/studies/1.1");
  EXPECT_EQ(url("X-Forwarded-Host: <script>\r\n"), "http://x/dicom-web/studies/1.1");
}

TEST_F(WebSearch, AKeyDoesNotWidenWhatThePathSays) {
  EXPECT_EQ(found("/dicom-web/studies/1.1/series?StudyInstanceUID=2.1", "0020000E"), "");
  EXPECT_EQ(found("/dicom-web/studies/1.1/series?StudyInstanceUID=2.1,1.1", "0020000E"),
            "1.1.1 1.1.2");
  EXPECT_EQ(found("/dicom-web/studies/1.1/series?StudyInstanceUID=", "0020000E"), "1.1.1 1.1.2");
  EXPECT_EQ(found("/dicom-web/studies/1.1/series/1.1.1/instances?0020000E=1.1.2", "00080018"), "");
}

TEST_F(WebSearch, OfOnePatientIdEachStudyHasItsOwnName) {
  add(make_dicom()
          .patient("1", "ROE^ANN")
          .study("1.9")
          .series("1.9.1")
          .instance("1.9.1.1")
          .set(tags::PatientBirthDate, "19800202"));
  add(make_dicom().patient("", "FIRST^ANN").study("5.1"));
  add(make_dicom().patient("", "SECOND^BOB").study("5.2"));

  for (const char* resources : {"studies", "series", "instances"}) {
    const std::string path = "/dicom-web/" + std::string(resources);
    EXPECT_EQ(found(path + "?PatientName=ROE^ANN"), "1.9");
    EXPECT_EQ(found(path + "?PatientName=*OE^ANN*"), "1.9");
    EXPECT_EQ(found(path + "?PatientBirthDate=19800202&PatientID=1"), "1.9");
    EXPECT_EQ(found(path + "?PatientName=SECOND*"), "5.2");
    const auto told = get(path + "?StudyInstanceUID=1.9&includefield=all").json()[0];
    EXPECT_EQ(told["00100010"]["Value"][0]["Alphabetic"], "ROE^ANN");
    EXPECT_EQ(told["00100030"]["Value"][0], "19800202");
  }
}

// Which cpprest would refuse (see rest/http/server.cpp).
TEST_F(WebSearch, CharactersThatWereNotEncodedAreTaken) {
  EXPECT_EQ(found("/dicom-web/studies?PatientName=DOE^JOHN"), "1.1");
  EXPECT_EQ(found("/dicom-web/studies?PatientName=Müller^*"), "2.1");
  EXPECT_EQ(found("/dicom-web/studies?StudyInstanceUID=1.1\\2.1"), "1.1 2.1");
  EXPECT_EQ(get("/dicom-web/studies?PatientName=a|b{c}[d]<e>`f`\"g\"").status, 200);
  EXPECT_EQ(get("/dicom-web/{x}").status, 404);
}

TEST_F(WebSearch, WhatCannotBeMatchedIsToldOf) {
  EXPECT_THAT(get("/dicom-web/instances?AvailableTransferSyntaxUID=1.2.840.10008.1.2").headers,
              HasSubstr("Warning: 299 "));
}

TEST_F(WebSearch, WhatTheClientRefusesNoWildcardBringsBack) {
  EXPECT_EQ(
      get("/dicom-web/studies", "Accept: application/dicom+json;q=0, application/json;q=0, */*\r\n")
          .headers.find("json"),
      std::string::npos);
  EXPECT_EQ(get("/dicom-web/studies", "Accept: nonsense\r\n").status, 406);
  EXPECT_EQ(get("/dicom-web/studies", "Accept: \r\n").status, 200);
}

}  // namespace
}  // namespace dcmfs::rest
