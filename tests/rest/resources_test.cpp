#include <gmock/gmock.h>

#include "tests/rest/api.h"

namespace dcmfs::rest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Resources : public Api {
 protected:
  std::vector<std::string> texts(const Json::Value& list) {
    std::vector<std::string> found;
    for (const auto& each : list) found.push_back(each.asString());
    return found;
  }
  Added add(const char* patient, const char* study, const char* series, const char* instance) {
    return store_.add(make_dicom()
                          .patient(patient, "DOE^JANE")
                          .study(study)
                          .series(series)
                          .instance(instance)
                          .modality("CT")
                          .set(tags::StudyDate, "20040119")
                          .set(tags::AccessionNumber, "")
                          .set(tags::InstanceNumber, "7")
                          .set(tags::BodyPartExamined, "HEAD"));
  }
};

TEST_F(Resources, AStudyIsToldAsOrthancTellsIt) {
  const Added added = add("1CT1", "1.2.3", "1.2.3.4", "1.2.3.4.5");

  const auto study = get(path(added, Level::study)).json();

  EXPECT_EQ(study["ID"], id_of(added, Level::study));
  EXPECT_EQ(study["Type"], "Study");
  EXPECT_EQ(study["ParentPatient"], "fa558bce-587a86d3-ad0da9b3-9d043d9d-4f5c5718");
  EXPECT_EQ(study["IsStable"], false);
  EXPECT_EQ(study["LastUpdate"].asString().size(), 15u);
  EXPECT_EQ(study["MainDicomTags"]["StudyDate"], "20040119");
  EXPECT_EQ(study["MainDicomTags"]["AccessionNumber"], "");
  EXPECT_FALSE(study["MainDicomTags"].isMember("StudyDescription"));
  EXPECT_EQ(study["PatientMainDicomTags"]["PatientName"], "DOE^JANE");
  EXPECT_THAT(texts(study["Series"]), ElementsAre(id_of(added, Level::series)));
  EXPECT_EQ(study["Labels"], Json::Value(Json::arrayValue));
}

TEST_F(Resources, ASeriesAndAnInstanceHaveTheirOwnMembers) {
  const Added added = add("p", "1.2.3", "1.2.3.4", "1.2.3.4.5");

  const auto series = get(path(added, Level::series)).json();
  const auto instance = get(path(added, Level::instance)).json();

  EXPECT_EQ(series["Status"], "Unknown");
  EXPECT_TRUE(series["ExpectedNumberOfInstances"].isNull());
  EXPECT_TRUE(series.isMember("ExpectedNumberOfInstances"));
  EXPECT_EQ(series["MainDicomTags"]["Modality"], "CT");
  EXPECT_EQ(instance["IndexInSeries"], 7);
  EXPECT_EQ(instance["ParentSeries"], id_of(added, Level::series));
  EXPECT_GT(instance["FileSize"].asInt(), 132);
  EXPECT_EQ(instance["FileUuid"].asString().size(), 36u);
  EXPECT_FALSE(instance.isMember("IsStable"));
}

TEST_F(Resources, WhatIsNotThereIs404) {
  for (const char* path :
       {"/patients/nope", "/studies/fa558bce-587a86d3-ad0da9b3-9d043d9d-4f5c5718",
        "/instances/nope/study", "/series/nope/instances"}) {
    const auto answer = get(path);

    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(answer.json()["OrthancStatus"], 7) << path;
  }
}

TEST_F(Resources, ListsAreIdsInTheOrderOfArrivalAndCanBePaged) {
  const Added first = add("a", "1.1", "1.1.1", "1.1.1.1"),
              second = add("b", "1.2", "1.2.1", "1.2.1.1");

  EXPECT_THAT(texts(get("/studies").json()),
              ElementsAre(id_of(first, Level::study), id_of(second, Level::study)));
  EXPECT_THAT(texts(get("/studies?since=1&limit=5").json()),
              ElementsAre(id_of(second, Level::study)));
  EXPECT_EQ(get("/studies?since=0&limit=0").json().size(), 0u);
  EXPECT_EQ(get("/studies?limit=5").status, 400);
  EXPECT_EQ(get("/studies?since=x&limit=5").status, 400);
  EXPECT_EQ(get("/studies?since=99999999999999999999&limit=5").status, 400);
  const auto expanded = get("/studies?expand&since=0&limit=1").json();
  ASSERT_EQ(expanded.size(), 1u);
  EXPECT_EQ(expanded[0]["PatientMainDicomTags"]["PatientID"], "a");
  EXPECT_TRUE(get("/studies?expand=false").json()[0].isString());
}

TEST_F(Resources, WhatIsAboveAndBelow) {
  const Added one = add("p", "1.2", "1.2.1", "1.2.1.1");
  add("p", "1.2", "1.2.1", "1.2.1.2");
  add("p", "1.2", "1.2.2", "1.2.2.1");

  EXPECT_EQ(get(path(one, Level::patient) + "/instances").json().size(), 3u);
  EXPECT_EQ(get(path(one, Level::study) + "/series").json()[1]["Type"], "Series");
  EXPECT_THAT(texts(get(path(one, Level::patient) + "/studies?expand=false").json()),
              ElementsAre(id_of(one, Level::study)));
  EXPECT_EQ(get(path(one, Level::instance) + "/series").json()["ID"], id_of(one, Level::series));
  EXPECT_EQ(get(path(one, Level::instance) + "/patient").json()["ID"], id_of(one, Level::patient));
  EXPECT_EQ(get(path(one, Level::series) + "/study").json()["ID"], id_of(one, Level::study));
  EXPECT_EQ(get(path(one, Level::patient) + "/patient").status, 404);
}

TEST_F(Resources, RemovingTellsWhatRemainsAbove) {
  const Added one = add("p", "1.2", "1.2.1", "1.2.1.1"),
              other = add("p", "1.2", "1.2.2", "1.2.2.1");

  const auto first = remove(path(one, Level::instance)).json();
  const auto last = remove(path(other, Level::study)).json();

  EXPECT_EQ(first["RemainingAncestor"]["ID"], id_of(one, Level::study));
  EXPECT_EQ(first["RemainingAncestor"]["Path"], path(one, Level::study));
  EXPECT_EQ(first["RemainingAncestor"]["Type"], "Study");
  EXPECT_TRUE(last["RemainingAncestor"].isNull());
  EXPECT_EQ(get("/patients").json().size(), 0u);
  EXPECT_EQ(remove(path(one, Level::instance)).status, 404);
  EXPECT_FALSE(std::filesystem::is_empty(store_.root() / "trash"));
}

TEST_F(Resources, StatisticsCountWhatIsBelow) {
  const Added one = add("p", "1.2", "1.2.1", "1.2.1.1");
  add("p", "1.2", "1.2.2", "1.2.2.1");

  const auto study = get(path(one, Level::study) + "/statistics").json();

  EXPECT_EQ(study["CountSeries"], 2);
  EXPECT_EQ(study["CountInstances"], 2);
  EXPECT_FALSE(study.isMember("CountStudies"));
  EXPECT_TRUE(study["DicomDiskSize"].isString());
  EXPECT_EQ(study["DiskSizeMB"], 0);
}

TEST_F(Resources, StatisticsHaveTheSizesOfAttachmentsToo) {
  const Added one = add("p", "1.2", "1.2.1", "1.2.1.1");
  const auto files = std::stoll(get("/statistics").json()["TotalDiskSize"].asString());
  ASSERT_EQ(put(path(one, Level::series) + "/attachments/1024", "12345").status, 200);

  const auto series = get(path(one, Level::series) + "/statistics").json();
  const auto instance = get(path(one, Level::instance) + "/statistics").json();

  EXPECT_EQ(get("/statistics").json()["TotalDiskSize"].asString(), std::to_string(files + 5));
  EXPECT_EQ(series["DiskSize"].asString(), std::to_string(files + 5));
  EXPECT_EQ(series["UncompressedSize"].asString(), std::to_string(files + 5));
  EXPECT_EQ(series["DicomDiskSize"].asString(), std::to_string(files));
  EXPECT_EQ(instance["DiskSize"].asString(), std::to_string(files))
      << "it is not below the instance";
}

TEST_F(Resources, RequestedTagsAreCountedOrReadFromTheFile) {
  const Added one = add("p", "1.2", "1.2.1", "1.2.1.1");

  const auto study = get(path(one, Level::study) +
                         "?requestedTags=ModalitiesInStudy;NumberOfStudyRelatedInstances;PatientID;"
                         "ManufacturersName")
                         .status;
  const auto tags =
      get(path(one, Level::study) +
          "?requestedTags=ModalitiesInStudy;NumberOfStudyRelatedInstances;PatientID;SOPClassUID")
          .json()["RequestedTags"];
  const auto series =
      get(path(one, Level::series) + "?requestedTags=0008-0080;SpecificCharacterSet").json();

  EXPECT_EQ(study, 400);
  EXPECT_EQ(tags["ModalitiesInStudy"], "CT");
  EXPECT_EQ(tags["NumberOfStudyRelatedInstances"], "1");
  EXPECT_EQ(tags["PatientID"], "p");
  EXPECT_TRUE(series["RequestedTags"].isObject());
}

TEST_F(Resources, ARequestedTagMayHaveACommaInIt) {
  const Added one = add("p", "1.2", "1.2.1", "1.2.1.1");

  const auto requested = [&](const std::string& tags) {
    return get(path(one, Level::study) + "?requestedTags=" + tags).json()["RequestedTags"];
  };

  EXPECT_EQ(requested("0010,0020")["PatientID"], "p");
  EXPECT_EQ(requested("0010,0020;0020,000d")["StudyInstanceUID"], "1.2");
  EXPECT_EQ(requested("PatientID,StudyInstanceUID")["StudyInstanceUID"], "1.2");
}

TEST_F(Resources, RequestedSequencesAreTheirItemsInTheFormatOfTheView) {
  auto dicom = make_dicom();
  dicom.dataset().add_item(Tag{0x0008, 0x1110}).set_text(tags::ReferencedSOPInstanceUID, "1.9");
  const Added one = store_.add(dicom);

  const auto requested = [&](const std::string& format) {
    return get(path(one, Level::series) + "?requestedTags=ReferencedStudySequence&" + format)
        .json()["RequestedTags"];
  };
  const auto names = requested("simplify"), numbers = requested("short"), full = requested("full");

  EXPECT_EQ(names["ReferencedStudySequence"][0]["ReferencedSOPInstanceUID"], "1.9");
  EXPECT_EQ(numbers["0008,1110"][0]["0008,1155"], "1.9");
  EXPECT_EQ(full["0008,1110"]["Type"], "Sequence");
  EXPECT_EQ(full["0008,1110"]["Value"][0]["0008,1155"]["Value"], "1.9");
}

TEST_F(Resources, TheResponseHasTheBlocksThatWereAskedFor) {
  const Added one = add("p", "1.2", "1.2.1", "1.2.1.1");
  ASSERT_OK(store_->labels().add(one.instance, "todo"));

  const auto instance =
      get(path(one, Level::instance) + "?responseContent=Metadata;Labels;Attachments").json();

  EXPECT_EQ(instance["Metadata"]["TransferSyntax"], "1.2.840.10008.1.2.1");
  EXPECT_THAT(texts(instance["Labels"]), ElementsAre("todo"));
  EXPECT_EQ(instance["Attachments"][0]["ContentType"], 1);
  EXPECT_FALSE(instance.isMember("MainDicomTags"));
  EXPECT_EQ(get(path(one, Level::instance) + "?responseContent=Nope").status, 400);
}

TEST_F(Resources, MainDicomTagsHaveThreeFormats) {
  const Added one = add("p", "1.2", "1.2.1", "1.2.1.1");

  const auto numbers = get(path(one, Level::patient) + "?short").json(),
             full = get(path(one, Level::patient) + "?full").json();

  EXPECT_EQ(numbers["MainDicomTags"]["0010,0020"], "p");
  EXPECT_EQ(full["MainDicomTags"]["0010,0020"]["Name"], "PatientID");
  EXPECT_EQ(full["MainDicomTags"]["0010,0020"]["Type"], "String");
  EXPECT_EQ(full["MainDicomTags"]["0010,0020"]["Value"], "p");
}

}  // namespace
}  // namespace dcmfs::rest
