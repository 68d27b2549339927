#include <gmock/gmock.h>

#include "tests/rest/api.h"

namespace dcmfs::rest {
namespace {

class Searching : public Api {
 protected:
  void SetUp() override {
    Api::SetUp();
    jane_ = store_.add(make_dicom()
                           .patient("1CT1", "DOE^JANE")
                           .study("1.2.1")
                           .series("1.2.1.1")
                           .instance("1.2.1.1.1")
                           .modality("CT")
                           .set(tags::StudyDate, "20040119")
                           .set(tags::AccessionNumber, "A*"));
    john_ = store_.add(make_dicom()
                           .patient("2MR2", "DOE^JOHN")
                           .study("1.2.2")
                           .series("1.2.2.1")
                           .instance("1.2.2.1.1")
                           .modality("MR")
                           .set(tags::StudyDate, "20061012")
                           .set(tags::AccessionNumber, "A1"));
  }
  std::size_t found(const std::string& body) {
    const auto answer = post("/tools/find", body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.json().size();
  }

  Added jane_, john_;
};

TEST_F(Searching, FindsByExactValuesWildcardsRangesAndLists) {
  EXPECT_EQ(found(R"({"Level":"Study","Query":{}})"), 2u);
  EXPECT_EQ(found(R"({"Level":"Study","Query":{"PatientName":"doe^ja*"}})"), 1u);
  EXPECT_EQ(found(R"({"Level":"Study","Query":{"PatientID":"1ct1"}})"), 1u);
  EXPECT_EQ(found(R"({"Level":"Study","Query":{"PatientID":"1ct1"},"CaseSensitive":true})"), 0u);
  EXPECT_EQ(found(R"({"Level":"Study","Query":{"StudyDate":"20050101-"}})"), 1u);
  EXPECT_EQ(found(R"({"Level":"Study","Query":{"StudyDate":"2004*"}})"), 1u);
  EXPECT_EQ(found(R"({"Level":"Study","Query":{"StudyInstanceUID":"1.2.*"}})"), 2u);
  EXPECT_EQ(found(R"({"Level":"Study","Query":{"ModalitiesInStudy":"CT\\MR"}})"), 2u);
  EXPECT_EQ(found(R"({"Level":"Series","Query":{"Modality":"CT","0010-0010":"DOE*"}})"), 1u);
  EXPECT_EQ(found(R"({"Level":"Instance","Query":{"PatientID":"nobody"}})"), 0u);
}

TEST_F(Searching, CaseCountsInNamesAlsoIfItIsSaidTo) {
  const auto named = [&](const std::string& name) {
    return found(R"({"Level":"Study","CaseSensitive":true,"Query":{"PatientName":")" + name +
                 R"("}})");
  };

  EXPECT_EQ(named("*an*"), 0u);
  EXPECT_EQ(named("*AN*"), 1u);
  EXPECT_EQ(named("doe^ja*"), 0u);
  EXPECT_EQ(named("DOE^JA*"), 1u);
  EXPECT_EQ(named("doe^jane"), 0u);
  EXPECT_EQ(named("DOE^JANE"), 1u);
  EXPECT_EQ(named(R"(doe^jane\\DOE^JOHN)"), 1u);
}

TEST_F(Searching, TakesYearsAndMonthsAsTheirDays) {
  const auto at = [&](const std::string& date) {
    return found(R"({"Level":"Study","Query":{"StudyDate":")" + date + R"("}})");
  };

  EXPECT_EQ(at("2004-"), 2u);  // there are 2004-01-19 and 2006-10-12
  EXPECT_EQ(at("2005-"), 1u);
  EXPECT_EQ(at("-2004"), 1u) << "the whole year";
  EXPECT_EQ(at("-200312"), 0u);
  EXPECT_EQ(at("2004-2006"), 2u);
  EXPECT_EQ(at("200401-200609"), 1u);
  EXPECT_EQ(at("200402-200610"), 1u);
  EXPECT_EQ(at("200402-200402"), 0u) << "the last day of it is the 29th";
  EXPECT_EQ(at("20040120-2006"), 1u);
  EXPECT_EQ(at("2004"), 1u);
  EXPECT_EQ(at("200610"), 1u);
  EXPECT_EQ(at(R"(2004\\2006)"), 2u);
  EXPECT_EQ(at("1990-2000"), 0u);
  for (const char* bad : {"200413-", "1990-01-01", "199-", "abc-", "200400"})
    EXPECT_EQ(post("/tools/find",
                   R"({"Level":"Study","Query":{"StudyDate":")" + std::string(bad) + R"("}})")
                  .status,
              400)
        << bad;
}

TEST_F(Searching, ExpandsPagesAndOrders) {
  const auto answer = post("/tools/find",
                           R"({"Level":"Study","Query":{},"Expand":true,"Limit":1,"Since":0,
                               "OrderBy":[{"Type":"DicomTag","Key":"StudyDate","Direction":"DESC"}],
                               "RequestedTags":["NumberOfStudyRelatedInstances"]})")
                          .json();

  ASSERT_EQ(answer.size(), 1u);
  EXPECT_EQ(answer[0]["ID"], id_of(john_, Level::study));
  EXPECT_EQ(answer[0]["RequestedTags"]["NumberOfStudyRelatedInstances"], "1");
}

TEST_F(Searching, OrdersByTextNumbersAndMetadata) {
  const auto key = *store_->key(Level::study, ResourceId::of(Level::study, john_.uids));
  ASSERT_OK(store_->metadata().put(key, "rank", "2.5", now()));
  const auto first = [&](const std::string& type, const std::string& of) {
    const auto answer = post("/tools/find", R"({"Level":"Study","Query":{},"OrderBy":[{"Type":")" +
                                                type + R"(","Key":")" + of + R"("}]})");
    EXPECT_EQ(answer.status, 200) << type << answer.body;
    return answer.status == 200 ? answer.json()[0].asString() : "";
  };

  for (const char* type : {"DicomTag", "DicomTagAsInt", "DicomTagAsFloat"})
    EXPECT_EQ(first(type, "StudyDate"), id_of(jane_, Level::study)) << type;
  for (const char* type : {"Metadata", "MetadataAsInt", "MetadataAsFloat"})
    EXPECT_EQ(first(type, "rank"), id_of(john_, Level::study)) << type << ": who has none is last";
}

TEST_F(Searching, FindsByLabelsMetadataAndParents) {
  const auto key = *store_->key(Level::study, ResourceId::of(Level::study, jane_.uids));
  ASSERT_OK(store_->labels().add(key, "todo"));
  ASSERT_OK(store_->metadata().put(key, "mine", "abc", now()));

  EXPECT_EQ(found(R"({"Level":"Study","Query":{},"Labels":["todo"]})"), 1u);
  EXPECT_EQ(found(R"({"Level":"Study","Query":{},"Labels":["todo"],"LabelsConstraint":"None"})"),
            1u);
  EXPECT_EQ(found(R"({"Level":"Study","Query":{},"Labels":[],"LabelsConstraint":"None"})"), 1u);
  EXPECT_EQ(found(R"({"Level":"Study","Query":{},"MetadataQuery":{"mine":"a*"}})"), 1u);
  EXPECT_EQ(
      found(R"({"Level":"Series","Query":{},"ParentStudy":")" + id_of(jane_, Level::study) + "\"}"),
      1u);
  EXPECT_EQ(found(R"({"Level":"Series","Query":{},"ParentStudy":"nope"})"), 0u);
  EXPECT_EQ(
      found(R"({"Level":"Study","Query":{},"ParentStudy":")" + id_of(jane_, Level::study) + "\"}"),
      1u);
}

TEST_F(Searching, CountsWithoutAPage) {
  EXPECT_EQ(post("/tools/count-resources", R"({"Level":"Study","Query":{"PatientName":"DOE*"}})")
                .json()["Count"],
            2);
}

TEST_F(Searching, BadRequestsAreToldApart) {
  const struct {
    const char* body;
    int orthanc;
  } cases[] = {
      {R"({"Level":"Study","Query":{"Foo":"x"}})", 27},
      {R"({"Level":"Study"})", 8},
      {R"({"Query":{}})", 8},
      {R"({"Level":"Nope","Query":{}})", 3},
      {R"({"Level":"Study","Query":{"PatientID":5}})", 8},
      {R"(nonsense)", 8},
      {R"({"Level":"Study","Query":{},"Limit":-1})", 8},
      {R"({"Level":"Study","Query":{},"Labels":"x"})", 8},
      {R"({"Level":"Study","Query":{},"ParentSeries":"x"})", 8},
      {R"({"Level":"Study","Query":{},"OrderBy":[{"Type":"X"}]})", 8},
  };
  for (const auto& [body, orthanc] : cases) {
    const auto answer = post("/tools/find", body);

    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_EQ(answer.json()["OrthancStatus"], orthanc) << body;
  }
}

// As Orthanc, which keeps what is said of the patient with the patient and with each study.
TEST_F(Searching, OfOnePatientIdEachStudyHasItsOwnName) {
  const auto other = store_.add(make_dicom()
                                    .patient("1CT1", "ROE^ANN")
                                    .study("1.2.3")
                                    .set(tags::PatientBirthDate, "19800202"));
  store_.add(make_dicom().patient("", "FIRST^ANN").study("1.2.4"));
  store_.add(make_dicom().patient("", "SECOND^BOB").study("1.2.5"));

  for (const char* level : {"Study", "Series", "Instance"}) {
    const auto count = [&](const std::string& query) {
      return found(R"({"Level":")" + std::string(level) + R"(","Query":{)" + query + "}}");
    };
    EXPECT_EQ(count(R"("PatientName":"ROE^ANN")"), 1u) << level;
    EXPECT_EQ(count(R"("PatientName":"*oe^ann")"), 1u) << level;
    EXPECT_EQ(count(R"("PatientBirthDate":"19800202")"), 1u) << level;
    EXPECT_EQ(count(R"("PatientName":"DOE^JANE")"), 1u) << level;
    EXPECT_EQ(count(R"("PatientName":"second*")"), 1u) << level;
  }
  EXPECT_EQ(found(R"({"Level":"Patient","Query":{"PatientName":"ROE^ANN"}})"), 0u);

  const auto study = get(path(other, Level::study)).json(),
             patient = get(path(other, Level::patient)).json();
  EXPECT_EQ(study["PatientMainDicomTags"]["PatientName"], "ROE^ANN");
  EXPECT_EQ(study["PatientMainDicomTags"]["PatientID"], "1CT1");
  EXPECT_FALSE(study["MainDicomTags"].isMember("PatientName"));
  EXPECT_EQ(patient["MainDicomTags"]["PatientName"], "DOE^JANE");
  const auto ordered = post("/tools/find",
                            R"({"Level":"Study","Query":{},"Expand":true,
                                "OrderBy":[{"Type":"DicomTag","Key":"PatientName","Direction":"DESC"}]})")
                           .json();
  ASSERT_EQ(ordered.size(), 5u);
  EXPECT_EQ(ordered[0]["PatientMainDicomTags"]["PatientName"], "SECOND^BOB");
  EXPECT_EQ(ordered[1]["PatientMainDicomTags"]["PatientName"], "ROE^ANN");
}

TEST_F(Searching, LooksUpWhatHasTheValueItself) {
  const auto patient = post("/tools/lookup", "1CT1\n").json(),
             study = post("/tools/lookup", "A*").json();

  ASSERT_EQ(patient.size(), 1u);
  EXPECT_EQ(patient[0]["Path"], path(jane_, Level::patient));
  EXPECT_EQ(patient[0]["Type"], "Patient");
  ASSERT_EQ(study.size(), 1u);  // no wildcard
  EXPECT_EQ(study[0]["ID"], id_of(jane_, Level::study));
  EXPECT_EQ(post("/tools/lookup", "1.2.2.1.1").json()[0]["Type"], "Instance");
  EXPECT_EQ(post("/tools/lookup", "").json().size(), 0u);
}

TEST_F(Searching, TellsManyAtOnceAtAnotherLevel) {
  const std::string both =
      '"' + id_of(jane_, Level::instance) + "\",\"" + id_of(jane_, Level::series) + "\",\"nope\"";

  const auto same = post("/tools/bulk-content", "{\"Resources\":[" + both + "]}").json();
  const auto studies = post("/tools/bulk-content",
                            "{\"Level\":\"Study\",\"Metadata\":false,\"Resources\":[" + both + "]}")
                           .json();

  ASSERT_EQ(same.size(), 2u);
  EXPECT_EQ(same[0]["Metadata"]["TransferSyntax"], "1.2.840.10008.1.2.1");
  ASSERT_EQ(studies.size(), 1u);
  EXPECT_EQ(studies[0]["ID"], id_of(jane_, Level::study));
  EXPECT_FALSE(studies[0].isMember("Metadata"));
}

TEST_F(Searching, RemovesManyAtOnce) {
  const auto answer =
      post("/tools/bulk-delete", "{\"Resources\":[\"" + id_of(jane_, Level::study) +
                                     "\",\"nope\",{\"Level\":\"Patient\",\"ID\":\"" +
                                     id_of(john_, Level::patient) + "\"}]}");

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(get("/instances").json().size(), 0u);
  EXPECT_EQ(post("/tools/bulk-delete", R"({"Resources":"x"})").status, 400);
}

}  // namespace
}  // namespace dcmfs::rest
