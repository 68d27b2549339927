#include <gmock/gmock.h>

#include "store/dicom/transfer_syntax.h"
#include "tests/rest/api.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;

class ToolsApi : public Api {
 protected:
  void prepare(Facts& facts, Options&) override {
    acceptance_.accept_transfer_syntaxes({"1.2.840.10008.1.2.4.*"});
    acceptance_.accept_unknown_sop_classes(false);
    facts.conformance = "what it can do";
    facts.started = now();
  }
};

TEST_F(ToolsApi, TellWhatTimeItIs) {
  for (const char* path : {"/tools/now", "/tools/now-local"}) {
    const auto time = get(path).body;

    ASSERT_EQ(time.size(), 15u) << path;
    EXPECT_EQ(time[8], 'T');
  }
}

TEST_F(ToolsApi, MakeUids) {
  const auto study = get("/tools/generate-uid?level=study").body;

  EXPECT_TRUE(is_valid_uid(study)) << study;
  EXPECT_NE(study, get("/tools/generate-uid?level=study").body);
  EXPECT_EQ(get("/tools/generate-uid?level=patient").body.size(), 36u);
  EXPECT_EQ(get("/tools/generate-uid").status, 400);
}

TEST_F(ToolsApi, ShowWhatTheConfigurationSays) {
  const auto syntaxes = get("/tools/accepted-transfer-syntaxes").json();

  EXPECT_GT(syntaxes.size(), 10u);
  for (const auto& each : syntaxes) EXPECT_THAT(each.asString(), HasSubstr("1.2.840.10008.1.2.4."));
  EXPECT_EQ(get("/tools/unknown-sop-class-accepted").body, "0");
  EXPECT_EQ(get("/tools/dicom-conformance").body, "what it can do");
  EXPECT_EQ(get("/tools/default-encoding").body, "Latin1");
  EXPECT_EQ(put("/tools/default-encoding", "Latin1").status, 200);
  EXPECT_EQ(put("/tools/default-encoding", "Utf8").status, 403);
  EXPECT_EQ(get("/tools/log-level").body, "default");
  EXPECT_EQ(put("/tools/log-level", "loud").status, 400);
  EXPECT_EQ(put("/tools/log-level", "verbose").status, 403);  // nobody to tell in this test
  EXPECT_EQ(post("/tools/execute-script", "print(1)").status, 403);
  EXPECT_EQ(post("/instances/x/export", "/tmp/x").status, 403);
  EXPECT_EQ(post("/tools/reset", "").status, 403);
  EXPECT_EQ(post("/tools/shutdown", "").status, 403);
}

TEST_F(ToolsApi, ChangeWhatIsAcceptedUntilTheNextStart) {
  EXPECT_EQ(put("/tools/unknown-sop-class-accepted", "1").status, 200);
  EXPECT_TRUE(acceptance_.accepts_unknown_sop_classes());
  EXPECT_EQ(get("/tools/unknown-sop-class-accepted").body, "1");
  EXPECT_EQ(put("/tools/unknown-sop-class-accepted", "false").status, 200);
  EXPECT_EQ(get("/tools/unknown-sop-class-accepted").body, "0");
  EXPECT_EQ(put("/tools/unknown-sop-class-accepted", "2").status, 400);

  const auto two =
      put("/tools/accepted-transfer-syntaxes", R"(["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])");
  EXPECT_EQ(two.json().size(), 2u) << "the answer is the new list";
  EXPECT_TRUE(acceptance_.accepts_transfer_syntax("1.2.840.10008.1.2.1"));
  EXPECT_FALSE(acceptance_.accepts_transfer_syntax("1.2.840.10008.1.2.4.50"));
  for (const char* one : {"1.2.840.10008.1.2.1", R"("1.2.840.10008.1.2.1")"})
    EXPECT_EQ(put("/tools/accepted-transfer-syntaxes", one).json().size(), 1u) << one;
  EXPECT_GT(put("/tools/accepted-transfer-syntaxes", "*").json().size(), 20u);
  EXPECT_EQ(put("/tools/accepted-transfer-syntaxes", "[]").json().size(), 0u);
  for (const char* bad : {"{}", "[5]", "Implicit", R"(["1.2", ""])", "["})
    EXPECT_EQ(put("/tools/accepted-transfer-syntaxes", bad).status, 400) << bad;
}

TEST_F(ToolsApi, CountForAMonitoringSystem) {
  store_.add(make_dicom());

  const auto answer = get("/tools/metrics-prometheus");

  EXPECT_THAT(answer.header("Content-Type"), HasSubstr("version=0.0.4"));
  EXPECT_THAT(answer.body, HasSubstr("\n# TYPE dcmfs_instances gauge\ndcmfs_instances 1\n"));
  EXPECT_THAT(answer.body, HasSubstr("\northanc_count_studies 1\n"));
  EXPECT_EQ(get("/tools/metrics").body, "1");
  EXPECT_EQ(put("/tools/metrics", "0").status, 403);
}

TEST_F(ToolsApi, ListThemselvesAndThePlugins) {
  EXPECT_THAT(get("/tools").body, HasSubstr("\"find\""));
  EXPECT_EQ(get("/plugins").json()[0], "explorer.js");
  EXPECT_THAT(get("/plugins/explorer.js").header("Content-Type"), HasSubstr("javascript"));
  EXPECT_EQ(get("/plugins/other").status, 404);
  EXPECT_EQ(get("/plugins").json()[1], "dicom-web");
  const auto web = get("/plugins/dicom-web").json();
  EXPECT_EQ(web["ID"], "dicom-web");
  EXPECT_EQ(web["Version"], facts_.version);
  EXPECT_FALSE(web["Description"].asString().empty());
  EXPECT_FALSE(web["ExtendsOrthancExplorer"].asBool());
}

TEST_F(ToolsApi, TheSystemTellsWhatClientsChooseBy) {
  const auto system = get("/system").json();

  EXPECT_TRUE(system["HasLabels"].asBool());
  EXPECT_GE(system["ApiVersion"].asInt(), 30);
  EXPECT_TRUE(system["Capabilities"]["HasExtendedFind"].asBool());
  EXPECT_THAT(system["MainDicomTags"]["Patient"].asString(), HasSubstr("0010,0010;0010,0020"));
}

}  // namespace
}  // namespace dcmfs::rest
