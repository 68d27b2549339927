#include "rest/servers/servers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rest/peers.h"
#include "tests/rest/dicomweb_servers.h"
#include "tests/rest/served.h"
#include "tests/support/make_dicom.h"

namespace dcmfs::rest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class WebServers : public testing::Test {
 protected:
  WebServers() {
    servers = TempStore::require(Peers::open(served.store_->kept_values(), Peers::kDicomwebServers,
                                             {{"fixed", {.url = others.url()}}}, {}));
    served.services_.servers = servers.get();
    served.start();
  }
  ~WebServers() override { served.stop(); }

  void put(const std::string& name, const std::string& url) {
    EXPECT_EQ(200, served.ask("PUT", "/dicom-web/servers/" + name, "[\"" + url + "\"]").status);
  }
  Answer call(const std::string& name, const std::string& what, const std::string& body) {
    return served.post("/dicom-web/servers/" + name + '/' + what, body);
  }
  static std::string study_of(const DicomBuilder& dicom) {
    return dicom.dataset().text_or(tags::StudyInstanceUID, "");
  }
  static std::string id_of(const Added& added) {
    return ResourceId::of(Level::study, added.uids).str();
  }

  DicomwebServers others;
  Served served;
  std::unique_ptr<Peers> servers;
};

TEST_F(WebServers, AreListedWithoutTheirSecrets) {
  EXPECT_EQ(200, served
                     .ask("PUT", "/dicom-web/servers/east",
                          R"({"Url": "http://b", "Username": "u", "Password": "secret",
      "HttpHeaders": {"X": "secret"}, "HasDelete": true, "Mine": "x"})")
                     .status);

  EXPECT_THAT(served.get("/dicom-web/servers").body, HasSubstr("east"));
  const auto expanded = served.get("/dicom-web/servers?expand");
  EXPECT_THAT(expanded.body, testing::Not(HasSubstr("secret")));
  EXPECT_EQ("1", expanded.json()["east"]["HasDelete"]);
  EXPECT_EQ("x", expanded.json()["east"]["Mine"]);
  EXPECT_EQ(6u, served.get("/dicom-web/servers/east").json().size()) << "delete, too";
  EXPECT_EQ(5u, served.get("/dicom-web/servers/fixed").json().size());
}

TEST_F(WebServers, AreKeptAndThoseOfTheConfigurationStay) {
  put("east", "http://b/");

  const auto again = TempStore::require(
      Peers::open(served.store_->kept_values(), Peers::kDicomwebServers, {}, {}));

  EXPECT_THAT(again->names(), ElementsAre("east"));
  EXPECT_EQ(403, served.ask("DELETE", "/dicom-web/servers/fixed").status);
  EXPECT_EQ(200, served.ask("DELETE", "/dicom-web/servers/east").status);
  EXPECT_EQ(404, served.get("/dicom-web/servers/east").status);
  const auto peers =
      TempStore::require(Peers::open(served.store_->kept_values(), Peers::kOrthancPeers, {}, {}));
  EXPECT_TRUE(peers->names().empty()) << "another list";
}

TEST_F(WebServers, AreNoneWithoutAnUrl) {
  for (const char* body :
       {"{}", "[]", "17", R"({"Url": "ftp://b"})", R"({"Url": "http://b", "Mine": {}})"})
    EXPECT_EQ(400, served.ask("PUT", "/dicom-web/servers/east", body).status) << body;
}

TEST_F(WebServers, AnswerWhatTheyAreAsked) {
  const auto dicom = make_dicom().patient("4711", "DOE^JANE");
  others.store.add(dicom);

  const auto got =
      call("fixed", "get", R"({"Uri": "/studies", "Arguments": {"PatientID": "4711"}})");
  const auto nobody =
      call("fixed", "get", R"({"Uri": "/studies", "Arguments": {"PatientID": "4 7"}})");
  const auto found =
      call("fixed", "qido", R"({"Uri": "studies", "Arguments": {"limit": 1}})").json();

  EXPECT_THAT(got.body, HasSubstr(study_of(dicom)));
  EXPECT_THAT(nobody.body, testing::Not(HasSubstr(study_of(dicom))));
  ASSERT_EQ(1u, found.size());
  EXPECT_EQ("DOE^JANE", found[0]["00100010"]["Value"].asString());
  EXPECT_EQ("PatientName", found[0]["00100010"]["Name"].asString());
  EXPECT_EQ("1", found[0]["00201208"]["Value"].asString());
}

TEST_F(WebServers, AreToldOfInTheWordsOfHttp) {
  put("refuses", others.odd("answers/401"));
  put("nobody", "http://127.0.0.1:1/");

  const auto refused = call("refuses", "qido", R"({"Uri": "/studies"})");
  const auto nobody = call("nobody", "qido", R"({"Uri": "/studies"})");

  EXPECT_EQ(500, refused.status);
  EXPECT_THAT(refused.body, HasSubstr("user or password"));
  EXPECT_EQ(500, nobody.status);
  EXPECT_EQ(9, nobody.json()["OrthancStatus"].asInt());
  EXPECT_EQ(404, call("fixed", "get", R"({"Uri": "/nothing"})").status);
  EXPECT_EQ(400, call("fixed", "get", "{}").status);
  EXPECT_EQ(404, call("none", "get", R"({"Uri": "/studies"})").status);
}

TEST_F(WebServers, GetInstancesInOneRequest) {
  const auto dicom = make_dicom().pixels(64, 64, 16);
  const auto added = served.store_.add(dicom);
  served.store_.add(make_dicom().study(study_of(dicom)).pixels(64, 64, 16));

  const auto answer = call("fixed", "stow", "{\"Resources\": [\"" + id_of(added) + "\"]}");

  EXPECT_EQ(200, answer.status) << answer.body;
  EXPECT_EQ("2", answer.json()["InstancesCount"].asString());
  EXPECT_EQ(2, others.store->statistics()->instances);
}

TEST_F(WebServers, SayWhichInstancesTheyDoNotTake) {
  put("some", others.odd("some"));
  Added added;
  for (const char* uid : {"1.2.3", "1.2.4", "1.2.5", "1.2.6"})
    added = served.store_.add(make_dicom().study("1.2").instance(uid));

  const auto told =
      call("some", "stow", "{\"Resources\": [\"" + id_of(added) + "\"], \"Asynchronous\": true}");
  const auto job = served.wait_for(told.json()["ID"].asString(), "Failure");
  const auto permitted =
      call("some", "stow", "{\"Resources\": [\"" + id_of(added) + "\"], \"Permissive\": true}");

  EXPECT_EQ("DicomWebStowClient", job["Type"].asString());
  EXPECT_EQ("2", job["Content"]["FailedInstancesCount"].asString());
  EXPECT_EQ("1.2.3", job["Content"]["Failures"][0]["SOPInstanceUID"].asString());
  EXPECT_EQ(0xa900, job["Content"]["Failures"][0]["FailureReason"].asInt());
  EXPECT_THAT(job["ErrorDetails"].asString(), HasSubstr("A900H"));
  EXPECT_EQ(200, permitted.status);
  EXPECT_EQ("2", permitted.json()["InstancesCount"].asString());
}

TEST_F(WebServers, GiveWhatTheyHave) {
  std::vector<std::string> files;
  const auto dicom = make_dicom().pixels(600, 600, 16);
  for (const auto& one : {dicom, make_dicom().study(study_of(dicom)).pixels(600, 600, 16),
                          make_dicom().study(study_of(dicom))}) {
    files.push_back(one.bytes());
    others.store.add(one);
  }

  const auto answer =
      call("fixed", "retrieve", "{\"Resources\": [{\"Study\": \"" + study_of(dicom) + "\"}]}");

  EXPECT_EQ(200, answer.status) << answer.body;
  EXPECT_EQ("3", answer.json()["ReceivedInstancesCount"].asString());
  const auto instances = served.get("/instances").json();
  ASSERT_EQ(files.size(), instances.size());
  std::vector<std::string> stored;
  for (const auto& id : instances)
    stored.push_back(served.get("/instances/" + id.asString() + "/file").body);
  EXPECT_THAT(stored, testing::UnorderedElementsAreArray(files)) << "as they are stored there";
}

TEST_F(WebServers, HaveNotWhatIsNotThere) {
  EXPECT_EQ(500, call("fixed", "retrieve", R"({"Resources": [{"Study": "1.2.3.4"}]})").status);
  EXPECT_EQ(400, call("fixed", "retrieve", R"({"Resources": [{"Series": "1.2.3.4"}]})").status);
  EXPECT_EQ(400, call("fixed", "retrieve", "{}").status);
  // What is no DICOM file: a search.
  others.store.add(make_dicom());
  EXPECT_EQ(500, call("fixed", "wado", R"({"Uri": "/studies", "Synchronous": true})").status);
  EXPECT_EQ(0, served.store_->statistics()->instances);
}

TEST_F(WebServers, RemoveOnlyWhereThatIsSaid) {
  EXPECT_EQ(400,
            call("fixed", "delete", R"({"Level": "Study", "StudyInstanceUID": "1.2.3"})").status);
  EXPECT_EQ(200, served
                     .ask("PUT", "/dicom-web/servers/may",
                          "{\"Url\": \"" + others.url() + "\", \"HasDelete\": \"1\"}")
                     .status);
  EXPECT_EQ(400,
            call("may", "delete", R"({"Level": "Series", "StudyInstanceUID": "1.2.3"})").status);
  EXPECT_EQ(400, call("may", "delete", R"({"Level": "Patient"})").status);
}

}  // namespace
}  // namespace dcmfs::rest
