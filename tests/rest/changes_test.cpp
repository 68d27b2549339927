#include <gmock/gmock.h>

#include "tests/rest/api.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Changes : public Api {
 protected:
  Added add(const char* instance) {
    return store_.add(
        make_dicom().patient("p", "X").study("1.2").series("1.2.1").instance(instance));
  }
};

TEST_F(Changes, AreToldInOrderAndInPages) {
  const Added added = add("1.2.1.1");

  const auto first = get("/changes?limit=2").json();
  const auto rest = get("/changes?since=" + std::to_string(first["Last"].asInt64())).json();
  const auto none = get("/changes?since=" + std::to_string(rest["Last"].asInt64())).json();

  ASSERT_EQ(first["Changes"].size(), 2u);
  EXPECT_FALSE(first["Done"].asBool());
  EXPECT_EQ(first["First"], first["Changes"][0]["Seq"]);
  EXPECT_EQ(first["Last"], first["Changes"][1]["Seq"]);
  ASSERT_EQ(rest["Changes"].size(), 2u);
  EXPECT_TRUE(rest["Done"].asBool());
  EXPECT_EQ(none["Changes"].size(), 0u);
  EXPECT_TRUE(none["Done"].asBool());
  EXPECT_EQ(none["Last"], rest["Last"]);
  std::map<std::string, Json::Value> by_type;
  for (const auto& page : {first, rest})
    for (const auto& change : page["Changes"]) by_type[change["ChangeType"].asString()] = change;
  ASSERT_EQ(by_type.count("NewInstance"), 1u);
  EXPECT_EQ(by_type["NewInstance"]["ID"], id_of(added, Level::instance));
  EXPECT_EQ(by_type["NewInstance"]["Path"], path(added, Level::instance));
  EXPECT_EQ(by_type["NewPatient"]["ResourceType"], "Patient");
  EXPECT_EQ(by_type["NewStudy"]["Date"].asString().size(), 15u);
}

TEST_F(Changes, CanBeChosenByTypeAndFromAbove) {
  add("1.2.1.1");
  add("1.2.1.2");

  const auto instances = get("/changes?type=NewInstance;StableStudy").json();
  const auto last = get("/changes?last").json();
  const auto seq = last["Last"].asInt64();
  const auto before = get("/changes?limit=2&to=" + std::to_string(seq - 1)).json();

  EXPECT_EQ(instances["Changes"].size(), 2u);
  ASSERT_EQ(last["Changes"].size(), 1u);
  EXPECT_EQ(last["Changes"][0]["Seq"], Json::Int64{seq});
  ASSERT_EQ(before["Changes"].size(), 2u);
  EXPECT_EQ(before["Changes"][0]["Seq"], Json::Int64{seq - 1});
  EXPECT_EQ(before["Last"], Json::Int64{seq - 1});
  EXPECT_EQ(get("/changes?type=Nonsense").status, 400);
  EXPECT_EQ(get("/changes?since=x").status, 400);
}

TEST_F(Changes, AreForgottenAndCountedOn) {
  add("1.2.1.1");
  const auto last = get("/changes?last").json()["Last"].asInt64();

  EXPECT_EQ(remove("/changes").status, 200);
  EXPECT_EQ(get("/changes").json()["Changes"].size(), 0u);
  add("1.2.1.2");

  EXPECT_GT(get("/changes").json()["Changes"][0]["Seq"].asInt64(), last);
}

TEST_F(Changes, AreStreamedWithTheRemovals) {
  const Added added = add("1.2.1.1");
  Client client(port_);
  client.send("GET /changes/stream?since=0 HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string seen;
  const auto wait_for = [&](const std::string& wanted) {
    for (int i = 0; i < 50 && seen.find(wanted) == seen.npos; ++i) seen += client.receive_first();
    return seen.find(wanted) != seen.npos;
  };

  ASSERT_TRUE(wait_for("event: NewPatient")) << seen;
  ASSERT_OK(store_->remove(added.instance));

  EXPECT_TRUE(wait_for("event: Deleted")) << seen;
  EXPECT_THAT(seen, HasSubstr("Content-Type: text/event-stream"));
  EXPECT_THAT(seen, HasSubstr("\"ID\": \"" + id_of(added, Level::instance)));
}

TEST_F(Changes, AStreamGoesOnWhereItsClientStopped) {
  add("1.2.1.1");
  const auto last = get("/changes?last").json()["Last"].asInt64();
  add("1.2.1.2");
  Client client(port_);

  client.send("GET /changes/stream?since=0 HTTP/1.1\r\nHost: x\r\nLast-Event-ID: " +
              std::to_string(last) + "\r\n\r\n");
  std::string seen;
  for (int i = 0; i < 50 && seen.find("event: ") == seen.npos; ++i) seen += client.receive_first();

  EXPECT_THAT(seen, HasSubstr("event: NewInstance"));
  EXPECT_THAT(seen, Not(HasSubstr("event: NewPatient")));
  EXPECT_EQ(get("/changes/stream", "Last-Event-ID: x\r\n").status, 400);
}

TEST_F(Changes, TooManyStreamsAreRefusedAndTheOthersStopNobody) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 32; ++i) {
    clients.push_back(std::make_unique<Client>(port_));
    clients.back()->send("GET /changes/stream HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_THAT(clients.back()->receive_first(), StartsWith("HTTP/1.1 200"));
  }

  const auto refused = get("/changes/stream");

  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "60");
  EXPECT_EQ(get("/system").status, 200);
}

TEST_F(Changes, ExportsTellWhatWasSent) {
  const Added added = add("1.2.1.1");
  ASSERT_OK(store_->exports().add(added.instance, "pacs", now()));

  const auto exports = get("/exports").json();

  ASSERT_EQ(exports["Exports"].size(), 1u);
  EXPECT_EQ(exports["Exports"][0]["RemoteModality"], "pacs");
  EXPECT_EQ(exports["Exports"][0]["SOPInstanceUID"], "1.2.1.1");
  EXPECT_EQ(exports["Exports"][0]["Path"], path(added, Level::instance));
  EXPECT_TRUE(exports["Done"].asBool());
  EXPECT_EQ(get("/exports?last").json()["Exports"].size(), 1u);
  EXPECT_EQ(get("/exports?since=99").json()["Last"], 99);
  EXPECT_EQ(remove("/exports").status, 200);
  EXPECT_EQ(get("/exports").json()["Exports"].size(), 0u);
}

}  // namespace
}  // namespace dcmfs::rest
