#include "rest/peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rest/http/intake.h"
#include "tests/rest/served.h"

namespace dcmfs::rest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// What the other server was sent.
std::mutex received_mutex;
std::vector<std::string> received;
std::string received_header;

Result<Response> take_instance(const Services& services, Request& request) {
  DCMFS_TRY(const auto text, text_of(std::move(request.body), 1 << 26));
  DCMFS_TRY(auto file, spooled(services.store, text));
  DCMFS_TRY([[maybe_unused]] const auto added, services.store.add(file));
  const std::scoped_lock lock(received_mutex);
  received.push_back(text);
  received_header = header(request.headers, "X-Token");
  return empty_object();
}
Result<Response> tell_system(const Services&, Request&) {
  Json::Value v;
  v["Name"] = "there";
  return json_response(v);
}
Result<Response> refuse_it(const Services&, Request&) {
  return Error{Errc::denied, "no"};
}
Result<Response> wait_long(const Services&, Request&) {
  ::usleep(1'500'000);
  return empty_object();
}
constexpr Route kOtherRows[] = {
    {Method::post, "/instances", kNoLevel, Access::write, Takes::files, take_instance, "-"},
    {Method::get, "/system", kNoLevel, Access::read, Takes::nothing, tell_system, "-"},
    {Method::get, "/slow/system", kNoLevel, Access::read, Takes::nothing, wait_long, "-"},
    {Method::post, "/refuses/instances", kNoLevel, Access::write, Takes::files, refuse_it, "-"},
};
constexpr RouteTable kOtherTables[] = {kOtherRows};

class RestPeers : public testing::Test {
 protected:
  RestPeers() {
    received.clear();
    Options options;
    options.port = other_port = free_port();
    options.routes = kOtherTables;
    options.authenticate = true;
    options.users = {{"alice", "secret"}};
    other = TempStore::require(
        Server::start({.store = *other_store, .facts = facts}, std::move(options)));
    peers = TempStore::require(Peers::open(served.store_->kept_values(), Peers::kOrthancPeers,
                                           {{"fixed", {.url = url()}}}, {}));
    served.services_.peers = peers.get();
    served.start();
    put("there", "[\"" + url() + "\", \"alice\", \"secret\"]");
  }
  ~RestPeers() override { served.stop(); }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(other_port) + "/"; }
  void put(const std::string& name, const std::string& body) {
    EXPECT_EQ(200, served.ask("PUT", "/peers/" + name, body).status);
  }

  Facts facts;
  TempStore other_store;
  int other_port = 0;
  std::unique_ptr<Server> other;
  Served served;
  std::unique_ptr<Peers> peers;
};

TEST_F(RestPeers, AreListedWithoutTheirSecrets) {
  put("long", R"({"Url": "https://b", "HttpHeaders": {"X": "secret"}, "Timeout": 3})");

  EXPECT_EQ(3u, served.get("/peers").json().size());
  const auto all = served.get("/peers?expand");
  EXPECT_THAT(all.body, testing::Not(HasSubstr("secret")));
  EXPECT_EQ("alice", all.json()["there"]["Username"].asString());
  EXPECT_TRUE(all.json()["there"]["Password"].isNull());
  EXPECT_EQ("X", served.get("/peers/long/configuration").json()["HttpHeaders"][0].asString());
  EXPECT_EQ("https://b/", served.get("/peers/long/configuration").json()["Url"].asString());
  EXPECT_EQ(3, served.get("/peers/long/configuration").json()["Timeout"].asInt());
  EXPECT_EQ("configuration", served.get("/peers/long").json()[0].asString());
  EXPECT_EQ(404, served.get("/peers/nope").status);
}

TEST_F(RestPeers, ThatCannotBeReadAreNotThereAndMayBePutAnew) {
  auto& kept = served.store_->kept_values();
  for (const char* name : {"strange", "gone", "fixed"})
    ASSERT_OK(kept.set(Peers::kOrthancPeers, name, "[\"\xed\xb0\x80\"]"));

  const auto again =
      TempStore::require(Peers::open(kept, Peers::kOrthancPeers, {{"fixed", {.url = url()}}}, {}));

  EXPECT_THAT(again->unreadable(), ElementsAre("fixed", "gone", "strange"));
  EXPECT_THAT(again->names(), ElementsAre("fixed", "there"));
  ASSERT_OK(again->put("strange", {.url = "http://a/"}));
  ASSERT_OK(again->remove("gone"));
  ASSERT_OK(again->remove("fixed"));
  EXPECT_EQ(again->get("fixed")->url, url());
  const auto third = TempStore::require(Peers::open(kept, Peers::kOrthancPeers, {}, {}));
  EXPECT_THAT(third->unreadable(), testing::IsEmpty());
  EXPECT_THAT(third->names(), ElementsAre("strange", "there"));
}

TEST_F(RestPeers, ComeAndGoAndAreKept) {
  for (const char* bad :
       {"{}", "[]", R"(["ftp://a"])", R"(["http://a", "u"])", "nope",
        R"({"Url": "http://a", "Timeout": -1})",
        R"({"Url": "http://a", "HttpHeaders": {"X": "a\nb"}})", R"({"Url": "http://u:p@a"})"})
    EXPECT_EQ(400, served.ask("PUT", "/peers/bad", bad).status) << bad;
  EXPECT_EQ(400, served.ask("PUT", "/peers/AUX", R"(["http://a"])").status);

  const auto again =
      TempStore::require(Peers::open(served.store_->kept_values(), Peers::kOrthancPeers, {}, {}));
  ASSERT_TRUE(again->get("there"));
  EXPECT_EQ("secret", again->get("there")->password);

  EXPECT_EQ(200, served.ask("DELETE", "/peers/there").status);
  EXPECT_EQ(404, served.ask("DELETE", "/peers/there").status);
  EXPECT_EQ(403, served.ask("DELETE", "/peers/fixed").status) << "it stands in the configuration";
}

TEST_F(RestPeers, SayWhatTheyAre) {
  EXPECT_EQ("there", served.get("/peers/there/system").json()["Name"].asString());
  EXPECT_EQ(404, served.get("/peers/nope/system").status);
  const auto refused = served.get("/peers/fixed/system");  // without a password
  EXPECT_EQ(500, refused.status);
  EXPECT_EQ(9, refused.json()["OrthancStatus"].asInt());
  EXPECT_THAT(refused.json()["Details"].asString(), HasSubstr("401"));
}

TEST_F(RestPeers, ThatAreNotThereAreANetworkError) {
  put("gone", "[\"http://127.0.0.1:" + std::to_string(free_port()) + "\"]");

  const auto answered = served.get("/peers/gone/system");

  EXPECT_EQ(500, answered.status);
  EXPECT_EQ(9, answered.json()["OrthancStatus"].asInt());
}

TEST_F(RestPeers, ThatAreSilentAreGivenUp) {
  put("slow", "{\"Url\": \"" + url() +
                  "slow/\", \"Username\": \"alice\", \"Password\": \"secret\", \"Timeout\": 1}");

  const auto answered = served.get("/peers/slow/system");

  EXPECT_EQ(500, answered.status);
  EXPECT_THAT(answered.json()["Details"].asString(), HasSubstr("does not answer"));
}

TEST_F(RestPeers, GetWhatIsStored) {
  const std::string small = make_dicom().study("1.2.3").series("1.2.3.1").instance("1.1").bytes();
  const std::string other_one =
      make_dicom().study("1.2.3").series("1.2.3.1").instance("1.2").bytes();
  const auto id = ResourceId::of(Level::study, served.store_.add(small).uids).str();
  served.store_.add(other_one);
  put("there", "{\"Url\": \"" + url() +
                   "\", \"Username\": \"alice\", \"Password\": \"secret\", \"HttpHeaders\": "
                   "{\"X-Token\": \"t\"}}");

  const auto v = served.post("/peers/there/store", id).json();

  EXPECT_EQ(2, v["InstancesCount"].asInt()) << v;
  EXPECT_EQ(0, v["FailedInstancesCount"].asInt());
  EXPECT_FALSE(v["Compress"].asBool());
  EXPECT_EQ(url(), v["Peer"][0].asString());
  EXPECT_EQ(std::to_string(small.size() + other_one.size()), v["Size"].asString());
  EXPECT_THAT(received, ElementsAre(small, other_one));
  EXPECT_EQ("t", received_header);
  EXPECT_EQ(2, other_store->statistics()->instances);
  EXPECT_EQ("OrthancPeerStore", served.get("/jobs?expand").json()[0]["Type"].asString());
}

TEST_F(RestPeers, GetItPackedIfThatIsWanted) {
  const auto added = served.store_.add(make_dicom());

  const auto v = served
                     .post("/peers/there/store",
                           "{\"Resources\": [\"" + added.id.str() + "\"], \"Compress\": true}")
                     .json();

  EXPECT_TRUE(v["Compress"].asBool());
  EXPECT_EQ(1, other_store->statistics()->instances);
}

TEST_F(RestPeers, ThatRefuseMakeTheJobFail) {
  put("refuses", "[\"" + url() + "refuses/\", \"alice\", \"secret\"]");
  const auto added = served.store_.add(make_dicom());

  const auto answered = served.post("/peers/refuses/store", added.id.str());
  const auto permitted =
      served.post("/peers/refuses/store",
                  "{\"Resources\": [\"" + added.id.str() + "\"], \"Permissive\": true}");

  EXPECT_EQ(500, answered.status);
  EXPECT_THAT(answered.json()["Details"].asString(), HasSubstr("403"));
  EXPECT_EQ(1, permitted.json()["FailedInstancesCount"].asInt());
}

TEST_F(RestPeers, GetFilesStraight) {
  EXPECT_EQ("{}\n", served.post("/peers/there/store-straight", make_dicom().bytes()).body);
  EXPECT_EQ(1, other_store->statistics()->instances);
}

// A body of parts is a file like any other to who takes one.
TEST_F(RestPeers, GetFilesStraightAsTheyAreWhateverTheirType) {
  const auto dicom = make_dicom().bytes();

  const auto answer = ask_server(served.port(), "POST", "/peers/there/store-straight", dicom,
                                 "Content-Type: multipart/related; boundary=b\r\n");

  EXPECT_EQ(200, answer.status);
  EXPECT_THAT(received, ElementsAre(dicom));
}

TEST_F(RestPeers, GetLargeFiles) {
  const auto added = served.store_.add(make_dicom().pixels(512, 512, 16, 4).bytes());

  const auto v = served.post("/peers/there/store", added.id.str()).json();

  EXPECT_EQ(1, v["InstancesCount"].asInt()) << v;
  EXPECT_EQ(1, other_store->statistics()->instances);
}

}  // namespace
}  // namespace dcmfs::rest
