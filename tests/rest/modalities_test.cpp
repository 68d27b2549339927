#include "rest/modalities.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rest/queries.h"
#include "tests/rest/fake_modalities.h"
#include "tests/rest/served.h"

namespace dcmfs::rest {
namespace {

using testing::ElementsAre;
using testing::Pair;

Dataset answer(std::initializer_list<std::pair<Tag, std::string_view>> attributes) {
  Dataset dataset;
  for (const auto& [tag, value] : attributes) dataset.set_text(tag, value);
  return dataset;
}

std::vector<std::string> texts(const Json::Value& list) {
  std::vector<std::string> all;
  for (const auto& one : list) all.push_back(one.asString());
  return all;
}

class RestModalities : public testing::Test {
 protected:
  RestModalities() {
    served.services_.modalities = &nodes;
    served.services_.queries = &queries;
    served.start();
    put("pacs", R"(["PACS", "10.0.0.1", 104])");
    put("gone", R"({"AET": "GONE", "Host": "10.0.0.2", "Port": 104})");
  }
  ~RestModalities() override { served.stop(); }

  void put(const std::string& name, const std::string& body) {
    EXPECT_EQ(200, served.ask("PUT", "/modalities/" + name, body).status);
  }
  Answer post(const std::string& path, const std::string& body = {}) {
    return served.post(path, body);
  }
  std::string query(const std::string& body) {
    return post("/modalities/pacs/query", body).json()["ID"].asString();
  }
  std::string study_id(const Added& added) {
    return ResourceId::of(Level::study, added.uids).str();
  }

  Served served;
  FakeModalities nodes;
  Queries queries{3};
};

TEST_F(RestModalities, AreListedWithAndWithoutAll) {
  EXPECT_THAT(texts(served.get("/modalities").json()), ElementsAre("gone", "pacs"));
  EXPECT_EQ("PACS", served.get("/modalities?expand").json()["pacs"]["AET"].asString());
  EXPECT_EQ("PACS", served.get("/modalities/pacs/configuration").json()["AET"].asString());
  EXPECT_EQ("configuration", served.get("/modalities/pacs").json()[0].asString());
  EXPECT_EQ(404, served.get("/modalities/nope").status);
  EXPECT_EQ(404, served.get("/modalities/nope/configuration").status);
}

TEST_F(RestModalities, ComeAndGo) {
  EXPECT_EQ(400, served.ask("PUT", "/modalities/x", R"({"AET": "X"})").status);
  EXPECT_EQ(400, served.ask("PUT", "/modalities/x", "nope").status);
  EXPECT_EQ("", served.ask("DELETE", "/modalities/pacs").body);
  EXPECT_EQ(404, served.ask("DELETE", "/modalities/pacs").status);
}

TEST_F(RestModalities, AnswerToEcho) {
  EXPECT_EQ("{}\n", post("/modalities/pacs/echo").body);
  EXPECT_EQ(
      "{}\n",
      post("/modalities/pacs/echo", R"({"Timeout": 7, "CheckFind": true, "LocalAet": "ME"})").body);
  EXPECT_EQ(7, nodes.last_node["Timeout"].asInt());
  EXPECT_EQ("ME", nodes.last_node["LocalAet"].asString());
  EXPECT_EQ(400, post("/modalities/pacs/echo", R"({"Timeout": "long"})").status);
  for (const char* nonsense : {"hello", "[]", "{"})
    EXPECT_EQ(400, post("/modalities/pacs/echo", nonsense).status) << nonsense;
  EXPECT_EQ(404, post("/modalities/nope/echo").status);
}

TEST_F(RestModalities, ThatDoNotAnswerAreANetworkErrorWithItsReason) {
  for (const Errc code : {Errc::io, Errc::timed_out, Errc::denied, Errc::not_supported}) {
    nodes.trouble = code;
    const auto answered = post("/modalities/gone/echo");

    EXPECT_EQ(500, answered.status);
    EXPECT_EQ(9, answered.json()["OrthancStatus"].asInt());
    EXPECT_EQ("connection refused", answered.json()["Details"].asString());
  }
}

TEST_F(RestModalities, NeedNotBeInTheListForAnEcho) {
  EXPECT_EQ("{}\n",
            post("/tools/dicom-echo", R"({"AET": "X", "Host": "10.0.0.3", "Port": 4})").body);
  EXPECT_EQ("10.0.0.3", nodes.last_node["Host"].asString());
  EXPECT_EQ("{}\n", post("/tools/dicom-echo", R"(["X", "10.0.0.3", 4])").body);
  EXPECT_EQ(400, post("/tools/dicom-echo", R"({"AET": "X"})").status);
}

TEST_F(RestModalities, GetWhatIsStoredByAnyFormOfTheBody) {
  const auto first = served.store_.add(make_dicom().study("1.2.3"));
  const auto second = served.store_.add(make_dicom().study("1.2.4").instance("1.2.4.1"));
  const auto id = study_id(first);

  for (const std::string& body :
       {id, '"' + id + '"', "[\"" + id + "\"]", "{\"Resources\": [\"" + id + "\"]}",
        "{\"Resources\": \"" + id + "\"}"}) {
    nodes.sent.clear();
    const auto answered = post("/modalities/pacs/store", body);

    ASSERT_EQ(200, answered.status) << answered.body;
    const auto v = answered.json();
    EXPECT_EQ("REST API", v["Description"].asString());
    EXPECT_EQ(1, v["InstancesCount"].asInt());
    EXPECT_EQ(0, v["FailedInstancesCount"].asInt());
    EXPECT_EQ("OURS", v["LocalAet"].asString());
    EXPECT_EQ("PACS", v["RemoteAet"].asString());
    EXPECT_THAT(texts(v["ParentResources"]), ElementsAre(id));
    EXPECT_THAT(nodes.sent, ElementsAre(first.instance.row));
  }
  nodes.sent.clear();
  EXPECT_EQ(2, post("/modalities/pacs/store",
                    "[\"" + id + "\", \"" + second.id.str() + "\", \"" + first.id.str() + "\"]")
                   .json()["InstancesCount"]
                   .asInt());
  EXPECT_THAT(nodes.sent, ElementsAre(first.instance.row, second.instance.row));
}

TEST_F(RestModalities, AreSentToInTheTransferSyntaxThatIsWanted) {
  const auto id = study_id(served.store_.add(make_dicom()));
  const auto store_as = [&](const std::string& uid) {
    return post("/modalities/pacs/store",
                "{\"Resources\": [\"" + id + "\"], \"Transcode\": \"" + uid + "\"}")
        .status;
  };

  EXPECT_EQ(200, store_as("1.2.840.10008.1.2"));
  EXPECT_EQ("1.2.840.10008.1.2", nodes.last_syntax);
  EXPECT_EQ(200, store_as(""));
  EXPECT_EQ("", nodes.last_syntax);
  EXPECT_EQ(400, store_as("1.2.3"));
  EXPECT_EQ(415, store_as("1.2.840.10008.1.2.2")) << "big endian is not written";
}

TEST_F(RestModalities, AreSentToAsTheBodyWishes) {
  const auto added = served.store_.add(make_dicom().sop_class("1.2.840.10008.5.1.4.1.1.2"));

  const auto v = post("/modalities/pacs/store",
                      "{\"Resources\": [\"" + added.id.str() +
                          R"("], "LocalAet": "ME", "Timeout": 9, "StorageCommitment": true,
                                                       "MoveOriginatorAet": "M", "MoveOriginatorID": 7})")
                     .json();

  EXPECT_EQ("ME", nodes.last_node["LocalAet"].asString());
  EXPECT_EQ("ME", v["LocalAet"].asString());
  EXPECT_EQ(9, nodes.last_node["Timeout"].asInt());
  EXPECT_EQ("M", nodes.last_originator);
  EXPECT_EQ("M", v["MoveOriginatorAET"].asString());
  EXPECT_EQ(7, v["MoveOriginatorID"].asInt());
  EXPECT_EQ("2.25.1", v["StorageCommitmentTransactionUID"].asString());
  EXPECT_EQ(added.uids.sop_instance, nodes.commitments["2.25.1"].committed.at(0).sop_instance);
  for (const char* bad : {R"("Timeout": "x")", R"("MoveOriginatorID": 70000)",
                          R"("StorageCommitment": 1)", R"("Permissive": "yes")"})
    EXPECT_EQ(400, post("/modalities/pacs/store",
                        "{\"Resources\": [\"" + added.id.str() + "\"], " + bad + '}')
                       .status)
        << bad;
}

TEST_F(RestModalities, AreInTheLogOfExportsOnlyIfThatIsWanted) {
  const auto added = served.store_.add(make_dicom().study("1.2.3"));
  const auto body = "[\"" + study_id(added) + "\", \"" + added.id.str() + "\"]";
  EXPECT_EQ(200, post("/modalities/pacs/store", body).status);
  EXPECT_EQ(0u, served.get("/exports").json()["Exports"].size());

  served.facts_.logs_exports = true;
  EXPECT_EQ(200, post("/modalities/pacs/store", body).status);
  EXPECT_EQ(500, post("/modalities/gone/store", study_id(added)).status);
  EXPECT_EQ(404, post("/modalities/nope/store", study_id(added)).status);

  const auto told = served.get("/exports").json()["Exports"];
  ASSERT_EQ(3u, told.size());
  EXPECT_EQ("Study", told[0]["ResourceType"].asString());
  EXPECT_EQ("1.2.3", told[0]["StudyInstanceUID"].asString());
  EXPECT_EQ("pacs", told[0]["RemoteModality"].asString());
  EXPECT_EQ("Instance", told[1]["ResourceType"].asString());
  EXPECT_EQ("gone", told[2]["RemoteModality"].asString()) << "something of it may be there";
}

TEST_F(RestModalities, GetNothingThatIsNotThere) {
  EXPECT_EQ(404,
            post("/modalities/pacs/store", "88241a3c-87775685-25ff2c11-3f1a82e4-b88ca0ac").status);
  EXPECT_EQ(400, post("/modalities/pacs/store", "nope").status);
  EXPECT_EQ(400, post("/modalities/pacs/store", "{}").status);
  EXPECT_EQ(404, post("/modalities/nope/store", "[]").status);
  EXPECT_EQ(0, post("/modalities/pacs/store", "[]").json()["InstancesCount"].asInt());
}

TEST_F(RestModalities, ThatTakeNothingMakeTheStoreFail) {
  const auto id = study_id(served.store_.add(make_dicom()));

  const auto answered = post("/modalities/gone/store", id);

  EXPECT_EQ(500, answered.status);
  EXPECT_EQ(9, answered.json()["OrthancStatus"].asInt());
  const auto job = served.get("/jobs?expand").json()[0];
  EXPECT_EQ("DicomModalityStore", job["Type"].asString());
  EXPECT_EQ("Failure", job["State"].asString());
  EXPECT_EQ(1, job["Content"]["FailedInstancesCount"].asInt());
  EXPECT_EQ("GONE", job["Content"]["RemoteAet"].asString());
}

TEST_F(RestModalities, ThatRefuseOneInstanceGetTheOthersIfThatIsPermitted) {
  const auto first = served.store_.add(make_dicom().study("1.2.3").instance("1.1"));
  served.store_.add(make_dicom().study("1.2.3").instance("1.2"));
  nodes.refuses_number = 0;

  EXPECT_EQ(500, post("/modalities/pacs/store", study_id(first)).status);
  const auto v = post("/modalities/pacs/store",
                      "{\"Resources\": [\"" + study_id(first) + "\"], \"Permissive\": true}")
                     .json();

  EXPECT_EQ(1, v["FailedInstancesCount"].asInt());
  EXPECT_EQ(2, v["InstancesCount"].asInt());
}

TEST_F(RestModalities, ThatAnswerAStatusHaveItTold) {
  const auto id = study_id(served.store_.add(make_dicom()));
  nodes.refuses_number = 0;

  const auto refused = post("/modalities/pacs/store", id).json();
  const auto job = served.get("/jobs?expand").json()[0];
  nodes.refuses_number = -1;
  const auto gone = post("/modalities/gone/store", id).json();
  nodes.last_status = 0xa801;
  const auto moved =
      post("/modalities/pacs/move",
           R"({"Level": "Study", "Resources": [{"StudyInstanceUID": "1.2"}], "TargetAet": "X"})")
          .json();

  EXPECT_EQ("Dimse", refused["ErrorPayload"]["Type"].asString());
  EXPECT_EQ(0xa700, refused["ErrorPayload"]["Content"]["DimseErrorStatus"].asInt());
  EXPECT_EQ(refused["ErrorPayload"], job["ErrorPayload"]);
  EXPECT_EQ(9, job["ErrorCode"].asInt());
  EXPECT_EQ("Error in the network protocol", job["ErrorDescription"].asString());
  EXPECT_EQ("it answers A700", job["ErrorDetails"].asString());
  EXPECT_FALSE(gone.isMember("ErrorPayload")) << "it has not answered";
  EXPECT_EQ(0xa801, moved["ErrorPayload"]["Content"]["DimseErrorStatus"].asInt());
}

TEST_F(RestModalities, AreRetrievedFromAsTheyAreSetTo) {
  put("getter", R"({"AET": "G", "Host": "10.0.0.3", "Port": 104, "RetrieveMethod": "C-GET"})");
  nodes.answers = {{answer({{tags::StudyInstanceUID, "1.2"}})}};
  const auto path =
      "/queries/" + post("/modalities/getter/query", R"({"Level": "Study", "Query": {}})")
                        .json()["ID"]
                        .asString();

  EXPECT_EQ(200, post(path + "/retrieve").status);
  EXPECT_EQ("fetched", nodes.last_target);
  EXPECT_EQ(200,
            post(path + "/retrieve", R"({"RetrieveMethod": "C-MOVE", "TargetAet": "T"})").status);
  EXPECT_EQ("T", nodes.last_target);
}

TEST_F(RestModalities, AreSentToInTheBackground) {
  const auto id = study_id(served.store_.add(make_dicom()));

  const auto v =
      post(
          "/modalities/pacs/store",
          "{\"Resources\": [\"" + id +
              "\"], \"Synchronous\": false, \"MoveOriginatorAet\": \"M\", \"MoveOriginatorID\": 3}")
          .json();

  const auto job = served.wait_for(v["ID"].asString(), "Success");
  EXPECT_EQ("/jobs/" + v["ID"].asString(), v["Path"].asString());
  EXPECT_EQ(1, job["Content"]["InstancesCount"].asInt());
  EXPECT_EQ("M", nodes.last_originator);
}

TEST_F(RestModalities, AreLeftWhenTheJobIsCancelled) {
  const auto id = study_id(served.store_.add(make_dicom()));
  nodes.is_slow = true;
  const auto job =
      post("/modalities/pacs/store", "{\"Resources\": [\"" + id + "\"], \"Asynchronous\": true}")
          .json()["ID"]
          .asString();
  served.wait_for(job, "Running");

  post("/jobs/" + job + "/cancel");

  EXPECT_EQ(37, served.wait_for(job, "Failure")["ErrorCode"].asInt());
}

TEST_F(RestModalities, GetFilesStraight) {
  const auto v = post("/modalities/pacs/store-straight", make_dicom().bytes()).json();
  EXPECT_EQ("1.2", v["SOPClassUID"].asString());
  EXPECT_EQ("3.4", v["SOPInstanceUID"].asString());
  const auto bad = post("/modalities/pacs/store-straight", "xx");
  EXPECT_EQ(400, bad.status);
  EXPECT_EQ(15, bad.json()["OrthancStatus"].asInt());
  EXPECT_EQ(500, post("/modalities/gone/store-straight", make_dicom().bytes()).status);
}

TEST_F(RestModalities, CommitToWhatTheyStore) {
  const auto added = served.store_.add(make_dicom().sop_class("1.2.840.10008.5.1.4.1.1.2"));
  const auto v =
      post("/modalities/pacs/storage-commitment", "{\"Resources\": [\"" + added.id.str() + "\"]}")
          .json();
  EXPECT_EQ("2.25.1", v["ID"].asString());
  EXPECT_EQ("/storage-commitment/2.25.1", v["Path"].asString());

  EXPECT_EQ("Pending", served.get("/storage-commitment/2.25.1").json()["Status"].asString());
  EXPECT_EQ(409, post("/storage-commitment/2.25.1/remove").status);
  nodes.commitments["2.25.1"].is_reported = true;
  const auto told = served.get("/storage-commitment/2.25.1").json();
  EXPECT_EQ("Success", told["Status"].asString());
  EXPECT_EQ("PACS", told["RemoteAET"].asString());
  EXPECT_EQ(added.uids.sop_instance, told["Success"][0]["SOPInstanceUID"].asString());
  EXPECT_EQ(0u, told["Failures"].size());

  EXPECT_EQ("{}\n", post("/storage-commitment/2.25.1/remove").body);
  EXPECT_EQ(0, served.store_->statistics()->instances);
  EXPECT_EQ(404, served.get("/storage-commitment/nope").status);
}

TEST_F(RestModalities, SayWhatTheyDoNotCommitTo) {
  EXPECT_EQ(
      200,
      post(
          "/modalities/pacs/storage-commitment",
          R"({"DicomInstances": [["1.2", "3.4"], {"SOPClassUID": "1.2", "SOPInstanceUID": "3.5"}]})")
          .status);
  EXPECT_EQ(2u, nodes.commitments["2.25.1"].committed.size());
  nodes.commitments["2.25.1"] = {.aet = "PACS",
                                 .is_reported = true,
                                 .committed = {},
                                 .failed = {{{"1.2", "3.4"}, 274, "No such SOP Instance"}}};

  const auto told = served.get("/storage-commitment/2.25.1").json();

  EXPECT_EQ("Failure", told["Status"].asString());
  EXPECT_EQ(274, told["Failures"][0]["FailureReason"].asInt());
  EXPECT_EQ(409, post("/storage-commitment/2.25.1/remove").status);
  EXPECT_EQ(400,
            post("/modalities/pacs/storage-commitment", R"({"DicomInstances": ["1.2"]})").status);
}

TEST_F(RestModalities, AreQueried) {
  nodes.answers = {{answer(
      {{tags::PatientID, "P"}, {tags::StudyInstanceUID, "1.2"}, {tags::PatientName, "Müller"}})}};
  const auto v =
      post("/modalities/pacs/query",
           R"({"Level": "Study", "Query": {"PatientName": "Mü*", "SeriesDescription": "x"}})")
          .json();
  const auto path = v["Path"].asString();
  EXPECT_EQ("/queries/" + v["ID"].asString(), path);

  EXPECT_EQ(FindModel::study_root, nodes.last_model);
  EXPECT_EQ("STUDY", nodes.last_identifier.text_or(tags::QueryRetrieveLevel, ""));
  EXPECT_EQ("Mü*", nodes.last_identifier.text_or(tags::PatientName, ""));
  EXPECT_EQ("ISO_IR 192", nodes.last_identifier.text_or(tags::SpecificCharacterSet, ""));
  EXPECT_TRUE(nodes.last_identifier.contains(tags::StudyInstanceUID)) << "it is wanted, always";
  EXPECT_FALSE(nodes.last_identifier.contains(tags::SeriesDescription)) << "it is of a level below";

  EXPECT_THAT(texts(served.get(path + "/answers").json()), ElementsAre("0"));
  EXPECT_EQ("P", served.get(path + "/answers?expand&simplify").json()[0]["PatientID"].asString());
  EXPECT_EQ("P", served.get(path + "/answers?expand&short").json()[0]["0010,0020"].asString());
  const auto full = served.get(path + "/answers?expand").json()[0]["0010,0020"];
  EXPECT_EQ("PatientID", full["Name"].asString());
  EXPECT_EQ("String", full["Type"].asString());
  EXPECT_EQ("P", full["Value"].asString());
  EXPECT_EQ("P", served.get(path + "/answers/0/content?simplify").json()["PatientID"].asString());
  EXPECT_EQ("Study", served.get(path + "/level").body);
  EXPECT_EQ("pacs", served.get(path + "/modality").body);
  EXPECT_EQ("Mü*", served.get(path + "/query?simplify").json()["PatientName"].asString());
  EXPECT_THAT(texts(served.get(path).json()),
              ElementsAre("answers", "level", "modality", "query", "retrieve"));
  EXPECT_THAT(texts(served.get(path + "/answers/0").json()),
              ElementsAre("content", "retrieve", "query-series", "query-instances"));
  EXPECT_EQ(400, served.get(path + "/answers/1/content").status);
  EXPECT_EQ(400, served.get(path + "/answers/x").status);

  EXPECT_EQ(200, served.ask("DELETE", path).status);
  EXPECT_EQ(404, served.get(path + "/answers").status);
  EXPECT_EQ(404, served.ask("DELETE", path).status);
}

TEST_F(RestModalities, AreQueriedAsItIsWrittenWithoutNormalization) {
  query(R"({"Level": "patient", "Query": {"SeriesDescription": "x"}, "Normalize": false})");

  EXPECT_EQ(FindModel::patient_root, nodes.last_model);
  EXPECT_TRUE(nodes.last_identifier.contains(tags::SeriesDescription));
  EXPECT_FALSE(nodes.last_identifier.contains(tags::PatientID));
}

TEST_F(RestModalities, AreNotAskedNonsense) {
  EXPECT_EQ(400, post("/modalities/pacs/query", R"({"Level": "Nope", "Query": {}})").status);
  EXPECT_EQ(400, post("/modalities/pacs/query", R"({"Query": {}})").status);
  const auto unknown =
      post("/modalities/pacs/query", R"({"Level": "Study", "Query": {"Nope": ""}})");
  EXPECT_EQ(400, unknown.status);
  EXPECT_EQ(27, unknown.json()["OrthancStatus"].asInt());
  EXPECT_EQ(
      400,
      post("/modalities/pacs/query", R"({"Level": "Study", "Query": {"PatientID": {}}})").status);
  EXPECT_EQ(
      400,
      post("/modalities/pacs/query", R"({"Level": "Study", "Query": {"PatientID": 1}})").status);
  EXPECT_EQ(500, post("/modalities/gone/query", R"({"Level": "Study", "Query": {}})").status);
  EXPECT_EQ(0u, served.get("/queries").json().size());
}

TEST_F(RestModalities, HaveTheirOldestQueriesForgotten) {
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(query(R"({"Level": "Study", "Query": {}})"));

  EXPECT_THAT(texts(served.get("/queries").json()), ElementsAre(ids[1], ids[2], ids[3]));
}

TEST_F(RestModalities, SendWhatWasFoundToWhomIsWanted) {
  nodes.answers = {
      {answer(
           {{tags::PatientID, "P"}, {tags::StudyInstanceUID, "1.2"}, {tags::AccessionNumber, "A"}}),
       answer({{tags::PatientID, "P"}, {tags::StudyInstanceUID, "1.3"}})}};
  const auto path = "/queries/" + query(R"({"Level": "Study", "Query": {}})");

  const auto one = post(path + "/answers/0/retrieve", "THERE").json();
  EXPECT_EQ("THERE", nodes.last_target);
  EXPECT_THAT(nodes.last_keys, ElementsAre(Pair(tags::StudyInstanceUID, "1.2")));
  EXPECT_EQ("REST API", one["Description"].asString());
  EXPECT_EQ("OURS", one["LocalAet"].asString());
  EXPECT_EQ("PACS", one["RemoteAet"].asString());
  ASSERT_EQ(1u, one["Query"].size());
  EXPECT_EQ("A", one["Query"][0]["0008,0050"].asString());
  EXPECT_EQ("STUDY", one["Query"][0]["0008,0052"].asString());
  EXPECT_EQ("P", one["Query"][0]["0010,0020"].asString());
  EXPECT_EQ("1.2", one["Query"][0]["0020,000d"].asString());

  EXPECT_EQ(2u, post(path + "/retrieve").json()["Query"].size());
  EXPECT_EQ("OURS", nodes.last_target) << "to this node";
  EXPECT_THAT(nodes.last_keys, ElementsAre(Pair(tags::StudyInstanceUID, "1.3")));
  EXPECT_EQ(200, post(path + "/retrieve", R"({"RetrieveMethod": "C-GET"})").status);
  EXPECT_EQ("fetched", nodes.last_target);
  EXPECT_EQ(400, post(path + "/retrieve", R"({"RetrieveMethod": "FAX"})").status);
  const auto job = post(path + "/retrieve", R"({"TargetAet": "X", "Synchronous": false})")
                       .json()["ID"]
                       .asString();
  EXPECT_EQ("DicomMoveScu", served.wait_for(job, "Success")["Type"].asString());
}

TEST_F(RestModalities, AreSearchedBelowAnAnswer) {
  nodes.answers = {{answer({{tags::PatientID, "P"}, {tags::StudyInstanceUID, "1.2"}})}};
  const auto path =
      "/queries/" + query(R"({"Level": "Study", "Query": {}, "Timeout": 5})") + "/answers/0/";

  const auto below =
      post(path + "query-series", R"({"Query": {"Modality": "CT"}})").json()["Path"].asString();

  EXPECT_EQ("Series", served.get(below + "/level").body);
  EXPECT_EQ("1.2", nodes.last_identifier.text_or(tags::StudyInstanceUID, ""));
  EXPECT_EQ("CT", nodes.last_identifier.text_or(tags::Modality, ""));
  EXPECT_EQ(5, nodes.last_node["Timeout"].asInt());
  EXPECT_EQ(404, post(path + "query-studies", "{}").status);
  EXPECT_EQ(200, post(path + "query-instances", "").status);
}

TEST_F(RestModalities, AreAskedToMoveWithoutAQuery) {
  EXPECT_EQ(
      "{}\n",
      post("/modalities/pacs/move",
           R"({"Level": "Study", "Resources": [{"StudyInstanceUID": "1.2"}], "TargetAet": "X"})")
          .body);
  EXPECT_EQ("X", nodes.last_target);
  EXPECT_THAT(nodes.last_keys, ElementsAre(Pair(tags::StudyInstanceUID, "1.2")));
  EXPECT_EQ(400,
            post("/modalities/pacs/move",
                 R"({"Level": "Study", "Resources": [{"PatientID": "1.2"}], "TargetAet": "X"})")
                .status);
  EXPECT_EQ(400, post("/modalities/pacs/move", "{}").status);
  EXPECT_EQ(
      500,
      post("/modalities/gone/move",
           R"({"Level": "Study", "Resources": [{"StudyInstanceUID": "1.2"}], "TargetAet": "X"})")
          .status);
  const auto got =
      post(
          "/modalities/pacs/get",
          R"({"Level": "Series", "Resources": [{"StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.2.1"}]})")
          .json();
  EXPECT_EQ("fetched", nodes.last_target);
  EXPECT_EQ("1.2.1", got["Query"][0]["0020,000e"].asString());
}

TEST_F(RestModalities, AnswerTheOldFindsAtOnce) {
  nodes.answers = {{answer({{tags::PatientID, "P"}})}};

  const auto found = post("/modalities/pacs/find-study", R"({"PatientID": "P"})").json();

  EXPECT_EQ("P", found[0]["PatientID"].asString());
  EXPECT_TRUE(nodes.last_identifier.contains(tags::StudyDescription));
  EXPECT_EQ("P", nodes.last_identifier.text_or(tags::PatientID, ""));
  nodes.answers = {{answer({{tags::PatientID, "P"}})},
                   {answer({{tags::PatientID, "P"}, {tags::StudyInstanceUID, "1"}})},
                   {answer({{tags::SeriesInstanceUID, "1.1"}})}};
  const auto tree = post("/modalities/pacs/find", "{}").json();
  EXPECT_EQ("1.1", tree[0]["Studies"][0]["Series"][0]["SeriesInstanceUID"].asString());
}

TEST_F(RestModalities, AnswerWithTheirWorklists) {
  auto item = answer({{tags::PatientName, "A^B"}});
  item.add_item(tags::ScheduledProcedureStepSequence).set_text(tags::Modality, "CT");
  nodes.answers = {{item}};

  const auto found =
      post("/modalities/pacs/find-worklist",
           R"({"PatientID": "", "ScheduledProcedureStepSequence": [{"Modality": "CT"}]})")
          .json();

  EXPECT_EQ(FindModel::worklist, nodes.last_model);
  ASSERT_NE(nullptr, nodes.last_identifier.item(tags::ScheduledProcedureStepSequence));
  EXPECT_EQ("CT", nodes.last_identifier.item(tags::ScheduledProcedureStepSequence)
                      ->text_or(tags::Modality, ""));
  EXPECT_EQ("CT", found[0]["ScheduledProcedureStepSequence"][0]["Modality"].asString());
  const auto full =
      post("/modalities/pacs/find-worklist", R"({"Query": {"PatientID": ""}, "Full": true})")
          .json();
  EXPECT_EQ("Sequence", full[0]["0040,0100"]["Type"].asString());
  nodes.trouble = Errc::not_supported;
  const auto none = post("/modalities/gone/find-worklist", "{}");
  EXPECT_EQ(500, none.status);
  EXPECT_EQ(2016, none.json()["OrthancStatus"].asInt());
}

}  // namespace
}  // namespace dcmfs::rest
