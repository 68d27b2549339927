#include "rest/jobs/jobs.h"

#include <atomic>
#include <condition_variable>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rest/jobs/answer_as_job.h"
#include "store/kept_texts.h"
#include "tests/rest/served.h"
#include "tests/support/ok.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;

// What the jobs of these tests do is told from outside.
std::atomic<bool> gate_is_open = true;
std::atomic<int> begun = 0, busy_times = 0;

JobEnd count_steps(const Services&, const Json::Value& parameters, JobRun& run) {
  ++begun;
  const int steps = parameters.get("Steps", 4).asInt();
  if (run.kept().isNull()) DCMFS_CHECK(run.keep("chosen by " + run.id()));
  for (int i = 0; i < steps; ++i) {
    DCMFS_CHECK(run.step(i, steps));
    Json::Value told;
    told["Done"] = i;
    run.tell(told);
    while (i == steps / 2 && !gate_is_open) {
      DCMFS_CHECK(run.step(i, steps));
      ::usleep(1000);
    }
  }
  Json::Value content;
  content["Kept"] = run.kept();
  content["Permissive"] = run.permissive();
  return content;
}
JobEnd fail(const Services&, const Json::Value&, JobRun& run) {
  run.tell("as far as it came");
  if (!gate_is_open) return Json::Value("now it works");
  return network_failure({Errc::io, "nobody there"});
}
JobEnd find_busy(const Services&, const Json::Value&, JobRun&) {
  if (busy_times-- > 0) return Error{Errc::busy, "in use"};
  return Json::Value("done");
}
JobEnd leave_file(const Services& services, const Json::Value&, JobRun& run) {
  DCMFS_TRY(auto file, spooled(services.store, "0123456789"));
  run.leave("archive", {std::move(file), "application/zip", "a\"b.zip"});
  return Json::Value(Json::objectValue);
}
JobEnd throw_something(const Services&, const Json::Value&, JobRun&) {
  throw std::runtime_error("secret");
}
constexpr JobType kTestTypes[] = {{"Count", count_steps},
                                  {"Fail", fail},
                                  {"Busy", find_busy},
                                  {"Leave", leave_file},
                                  {"Throw", throw_something}};

Result<Response> start_count(const Services& services, Request& request) {
  DCMFS_TRY(const auto body, json_object(request));
  return answer_as_job(services, request, body,
                       {.type = body.get("Type", "Count").asString(), .parameters = body});
}

class RestJobs : public testing::Test {
 protected:
  RestJobs() {
    gate_is_open = true;
    begun = 0;
    served.start();
  }
  ~RestJobs() override { gate_is_open = true; }

  std::string submit(const std::string& type, int priority = 0) {
    return TempStore::require(served.services().jobs->submit({.type = type, .priority = priority}));
  }
  Answer act(const std::string& job, const std::string& what) {
    return served.post("/jobs/" + job + "/" + what, "{}");
  }

  Served served{{.history_max = 3,
                 .at_a_time = 1,
                 .again_after = std::chrono::milliseconds(20),
                 .types = kTestTypes}};
};

TEST_F(RestJobs, TellHowTheyEnded) {
  const auto id = submit("Count");

  const auto job = served.wait_for(id, "Success");

  EXPECT_EQ(id, job["ID"].asString());
  EXPECT_EQ("Count", job["Type"].asString());
  EXPECT_EQ(100, job["Progress"].asInt());
  EXPECT_EQ(0, job["ErrorCode"].asInt());
  EXPECT_EQ("Success", job["ErrorDescription"].asString());
  EXPECT_EQ("", job["ErrorDetails"].asString());
  EXPECT_TRUE(job["UserData"].isNull());
  EXPECT_THAT(job["CreationTime"].asString(),
              testing::MatchesRegex("[0-9]{8}T[0-9]{6}\\.[0-9]{6}"));
  EXPECT_TRUE(job.isMember("CompletionTime"));
  EXPECT_EQ("chosen by " + id, job["Content"]["Kept"].asString());
}

TEST_F(RestJobs, AreListedInTheirOrder) {
  gate_is_open = false;
  const auto first = submit("Count"), second = submit("Count");

  const auto ids = served.get("/jobs").json(), all = served.get("/jobs?expand").json();

  ASSERT_EQ(2u, ids.size());
  EXPECT_EQ(first, ids[0].asString());
  EXPECT_EQ(second, all[1]["ID"].asString());
  EXPECT_FALSE(all[1].isMember("CompletionTime"));
}

TEST_F(RestJobs, ThatFailSayWhyAndCanBeTriedAgain) {
  const auto id = submit("Fail");
  const auto failed = served.wait_for(id, "Failure");
  EXPECT_EQ(9, failed["ErrorCode"].asInt());
  EXPECT_EQ("Error in the network protocol", failed["ErrorDescription"].asString());
  EXPECT_EQ("nobody there", failed["ErrorDetails"].asString());
  EXPECT_EQ("as far as it came", failed["Content"].asString());

  gate_is_open = false;
  EXPECT_EQ("{}\n", act(id, "resubmit").body);

  const auto done = served.wait_for(id, "Success");
  EXPECT_EQ(0, done["ErrorCode"].asInt());
  EXPECT_EQ(400, act(id, "resubmit").status);
}

TEST_F(RestJobs, ThatThrowTellNothingOfTheInside) {
  const auto id = submit("Throw");

  const auto failed = served.wait_for(id, "Failure");

  EXPECT_EQ(-1, failed["ErrorCode"].asInt());
  EXPECT_EQ("", failed["ErrorDetails"].asString());
}

TEST_F(RestJobs, ThatAreCancelledFailWithCode37) {
  gate_is_open = false;
  const auto running = submit("Count"), waiting = submit("Count");
  served.wait_for(running, "Running");

  EXPECT_EQ(200, act(waiting, "cancel").status);
  EXPECT_EQ(200, act(running, "cancel").status);

  EXPECT_EQ(37, served.wait_for(waiting, "Failure")["ErrorCode"].asInt());
  EXPECT_EQ(37, served.wait_for(running, "Failure")["ErrorCode"].asInt());
  EXPECT_EQ(400, act(running, "cancel").status);
  EXPECT_EQ(404, act("nope", "cancel").status);
  EXPECT_EQ(1, begun);
}

TEST_F(RestJobs, ThatArePausedLetOthersRun) {
  gate_is_open = false;
  const auto paused = submit("Count"), other = submit("Count");
  served.wait_for(paused, "Running");

  act(paused, "pause");
  served.wait_for(paused, "Paused");
  served.wait_for(other, "Running");
  gate_is_open = true;
  served.wait_for(other, "Success");
  EXPECT_EQ("Paused", served.get("/jobs/" + paused).json()["State"].asString());

  EXPECT_EQ(200, act(paused, "resume").status);
  served.wait_for(paused, "Success");
  EXPECT_EQ(2, begun) << "it went on where it was";
  EXPECT_EQ(400, act(paused, "pause").status);
  EXPECT_EQ(400, act(paused, "resume").status);
}

TEST_F(RestJobs, ThatArePausedCanBeCancelled) {
  gate_is_open = false;
  const auto id = submit("Count");
  served.wait_for(id, "Running");
  act(id, "pause");
  served.wait_for(id, "Paused");

  act(id, "cancel");

  EXPECT_EQ(37, served.wait_for(id, "Failure")["ErrorCode"].asInt());
}

TEST_F(RestJobs, OfHigherPriorityComeFirst) {
  gate_is_open = false;
  const auto first = submit("Count");
  served.wait_for(first, "Running");
  const auto low = submit("Count", -1), high = submit("Count", 5);

  act(first, "cancel");

  served.wait_for(high, "Running");
  EXPECT_EQ("Pending", served.get("/jobs/" + low).json()["State"].asString());
}

TEST_F(RestJobs, ThatFindSomethingBusyAreTriedAgain) {
  busy_times = 3;

  const auto done = served.wait_for(submit("Busy"), "Success");

  EXPECT_EQ("done", done["Content"].asString());
  EXPECT_EQ(0, done["ErrorCode"].asInt());
}

TEST_F(RestJobs, ThatEndedFirstAreForgotten) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) served.wait_for(ids.emplace_back(submit("Count")), "Success");

  EXPECT_EQ(404, served.get("/jobs/" + ids[0]).status);
  EXPECT_EQ(3u, served.get("/jobs").json().size());
  EXPECT_EQ(200, served.ask("DELETE", "/jobs/" + ids[4]).status);
  EXPECT_EQ(404, served.get("/jobs/" + ids[4]).status);
  served.restart();
  EXPECT_EQ(2u, served.get("/jobs").json().size());
}

TEST_F(RestJobs, LeaveFiles) {
  const auto id = submit("Leave");
  served.wait_for(id, "Success");

  const auto file = served.get("/jobs/" + id + "/archive");

  EXPECT_EQ("0123456789", file.body);
  EXPECT_THAT(file.headers, HasSubstr("Content-Type: application/zip"));
  EXPECT_THAT(file.headers, HasSubstr("Content-Disposition: filename=\"ab.zip\""));
  EXPECT_EQ(404, served.get("/jobs/" + id + "/other").status);
  EXPECT_EQ(200, served.ask("DELETE", "/jobs/" + id + "/archive").status);
  EXPECT_EQ(404, served.get("/jobs/" + id + "/archive").status);
}

TEST_F(RestJobs, AreBegunAgainByTheNextProcessWithWhatTheyKept) {
  gate_is_open = false;
  const auto running = submit("Count"), waiting = submit("Count"), paused = submit("Count");
  served.wait_for(running, "Running");
  act(paused, "pause");

  served.restart();
  EXPECT_EQ("Paused", served.get("/jobs/" + paused).json()["State"].asString());
  gate_is_open = true;

  EXPECT_EQ("chosen by " + running,
            served.wait_for(running, "Success")["Content"]["Kept"].asString());
  served.wait_for(waiting, "Success");
  served.restart();
  EXPECT_EQ("Success", served.get("/jobs/" + running).json()["State"].asString());
  EXPECT_EQ(100, served.get("/jobs/" + running).json()["Progress"].asInt());
}

TEST_F(RestJobs, OfManyParametersAreKept) {
  gate_is_open = false;
  Json::Value parameters;
  for (int i = 0; i < 50'000; ++i)
    parameters["Resources"].append("0123456789-0123456789-0123456789-" + std::to_string(i));
  const auto id = TempStore::require(
      served.services().jobs->submit({.type = "Count", .parameters = parameters}));

  served.restart();
  gate_is_open = true;

  served.wait_for(id, "Success");
}

TEST_F(RestJobs, ThatCannotBeReadKeepNobodyFromStarting) {
  const auto id = submit("Count");
  served.wait_for(id, "Success");
  ASSERT_OK(KeptTexts(served.store_->kept_values(), "job").set("strange", "{\"State\": 7}"));

  served.restart();

  EXPECT_THAT(served.services().jobs->unreadable(), testing::ElementsAre("strange"));
  EXPECT_EQ(200, served.get("/jobs/" + id).status);
  EXPECT_EQ(404, served.get("/jobs/strange").status);
}

TEST_F(RestJobs, OfTextThatIsNoneAreRefused) {
  const auto answer = served.post("/tools/create-archive",
                                  R"({"Resources":[],"Asynchronous":true,"UserData":"\udc00"})");

  EXPECT_EQ(400, answer.status);
}

TEST_F(RestJobs, OfNoTypeAreRefused) {
  EXPECT_EQ(Errc::invalid_argument, served.services().jobs->submit({.type = "Nope"}).error().code);
}

// answer_as_job() as a route has it.
constexpr Route kJobRows[] = {
    {Method::post, "/count", kNoLevel, Access::write, Takes::text, start_count, "-"}};
constexpr RouteTable kJobTables[] = {kJobRows};

TEST_F(RestJobs, AnswerWhoWaitsAndWhoDoesNot) {
  Options options;
  const int port = options.port = free_port();
  options.routes = kJobTables;
  const auto server = TempStore::require(Server::start(served.services(), std::move(options)));
  const auto count = [&](const std::string& body) {
    return Client(port).ask(
        "POST /count HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
  };

  EXPECT_THAT(count(R"({"Permissive": true})"), HasSubstr("\"Permissive\" : true"));
  EXPECT_THAT(count(R"({"Asynchronous": true})"), HasSubstr("\"Path\" : \"/jobs/"));
  EXPECT_THAT(count(R"({"Synchronous": false, "UserData": {"a": 1}, "Priority": 7})"),
              HasSubstr("\"ID\" : "));
  EXPECT_THAT(count(R"({"Type": "Fail"})"),
              testing::AllOf(HasSubstr("HTTP/1.1 500"), HasSubstr("\"OrthancStatus\" : 9")));
  EXPECT_THAT(count(R"({"Synchronous": 1})"), HasSubstr("HTTP/1.1 400"));
  const auto all = served.get("/jobs?expand").json();
  EXPECT_EQ(3u, all.size()) << "those that were waited for are listed, too";
}

}  // namespace
}  // namespace dcmfs::rest
