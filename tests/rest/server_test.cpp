#include "rest/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/rest/client.h"
#include "tests/support/ok.h"
#include "tests/support/temp_store.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Rest : public testing::Test {
 protected:
  void start(Options options = {}) {
    options.port = port_ = free_port();
    options.facts.name = "Tëst";
    options.facts.version = "1.2.3";
    options.facts.http_port = port_;
    auto started = Server::start(*store_, std::move(options));
    ASSERT_OK(started);
    server_ = *std::move(started);
  }
  std::string ask(std::string_view request) { return Client(port_).ask(request); }
  std::string get(const std::string& path, const std::string& headers = {}) {
    return ask("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "\r\n");
  }

  TempStore store_;
  int port_ = 0;
  std::unique_ptr<Server> server_;
};

TEST_F(Rest, TellsWhatItIs) {
  start();

  const std::string answer = get("/system");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json"));
  EXPECT_THAT(answer, HasSubstr("\"Name\" : \"Tëst\""));
  EXPECT_THAT(answer, HasSubstr("\"Version\" : \"1.2.3\""));
  EXPECT_THAT(answer, HasSubstr("\"Product\" : \"dcmfs\""));
}

TEST_F(Rest, CountsWhatIsStored) {
  start();
  store_.add(make_dicom());

  const std::string answer = get("/statistics");

  EXPECT_THAT(answer, HasSubstr("\"CountInstances\" : 1"));
  EXPECT_THAT(answer, HasSubstr("\"CountPatients\" : 1"));
}

TEST_F(Rest, WelcomesWhoeverComes) {
  start();

  EXPECT_THAT(get("/"), HasSubstr("GET /system"));
}

TEST_F(Rest, AnUnknownPathIs404WithAReason) {
  start();

  const std::string answer = get("/nope");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json"));
  EXPECT_THAT(answer, HasSubstr("\"HttpStatus\" : 404"));
  EXPECT_THAT(answer, HasSubstr("\"OrthancStatus\" : 17"));
  EXPECT_THAT(answer, HasSubstr("\"Uri\" : \"/nope\""));
}

TEST_F(Rest, AnotherMethodIs405WithAllow) {
  start();

  for (const char* method : {"DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"}) {
    const std::string answer =
        ask(std::string(method) + " /system HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405")) << method;
    EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD")) << method;
  }
}

TEST_F(Rest, ABodyThatNobodyWantsIsRefused) {
  start();

  const std::string answer = ask(
      "POST /system HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405"));
}

TEST_F(Rest, HeadIsGetWithoutTheBody) {
  start();
  const std::string whole = get("/system");
  const std::string body = whole.substr(whole.find("\r\n\r\n") + 4);

  const std::string answer = ask("HEAD /system HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: " + std::to_string(body.size()) + "\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(Rest, UsersAreAskedForTheirPassword) {
  start({.authenticate = true, .users = {{"alice", "x"}}});

  EXPECT_THAT(get("/"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("/system"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(get("/system"), HasSubstr("WWW-Authenticate: Basic"));
  EXPECT_THAT(get("/system", "Authorization: Basic YWxpY2U6eQ==\r\n"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(get("/system", "Authorization: Basic YWxpY2U6eA==\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(Rest, ConnectionsAreKept) {
  start();
  Client client(port_);

  for (int i = 0; i < 3; ++i) {
    client.send("GET /system HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.receive_one(), StartsWith("HTTP/1.1 200")) << i;
  }
}

TEST_F(Rest, IdleClientsStopNobody) {
  start();
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 100; ++i) {
    idle.push_back(std::make_unique<Client>(port_));
    idle.back()->send("POST /system HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n");
  }
  for (int i = 0; i < 100; ++i) {
    idle.push_back(std::make_unique<Client>(port_));
    idle.back()->send("GET /sys");
  }

  EXPECT_THAT(get("/system"), StartsWith("HTTP/1.1 200"));
}

TEST_F(Rest, GarbageIsNotAnswered200) {
  start();

  for (const char* text :
       {"\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02", "GET /%zz HTTP/1.1\r\n\r\n"})
    EXPECT_THAT(ask(text), Not(StartsWith("HTTP/1.1 200"))) << text;
  EXPECT_THAT(get("/system"), StartsWith("HTTP/1.1 200"));
}

TEST_F(Rest, ATakenPortIsBusy) {
  const OtherProgram other;

  const auto server = Server::start(*store_, {.port = other.port()});

  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, Errc::busy) << server.error().message;
  EXPECT_THAT(server.error().message, HasSubstr("in use"));
}

TEST_F(Rest, AHostThatIsNotOursIsAnError) {
  EXPECT_FALSE(Server::start(*store_, {.host = "192.0.2.1", .port = free_port()}));
  EXPECT_FALSE(Server::start(*store_, {.host = "not a host", .port = free_port()}));
}

TEST_F(Rest, EndsWhileClientsAreConnected) {
  start();
  Client kept(port_), fresh(port_);
  kept.send("GET /system HTTP/1.1\r\nHost: x\r\n\r\n");
  kept.receive_one();

  server_.reset();

  EXPECT_EQ(fresh.receive_all(), "");
}

}  // namespace
}  // namespace dcmfs::rest
