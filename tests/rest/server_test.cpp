#include "rest/http/server.h"

#include <atomic>
#include <cstring>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rest/http/intake.h"
#include "rest/services.h"
#include "tests/rest/client.h"
#include "tests/support/ok.h"
#include "tests/support/temp_store.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Routes that only move bytes.
Result<Response> size(const Services& services, Request& request) {
  DCMFS_TRY(auto file, file_of(std::move(request.body), services.store));
  DCMFS_TRY(const auto bytes, file.size());
  return text_response(std::to_string(bytes) + "\n");
}
struct Xs : Source {
  explicit Xs(std::int64_t n) : left(n) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const auto n = std::min(into.size(), static_cast<std::size_t>(left));
    std::memset(into.data(), 'x', n);
    left -= static_cast<std::int64_t>(n);
    return n;
  }
  std::int64_t left;
};
Result<Response> stream(const Services&, Request& request) {
  const auto n = std::stoll(request.part("n"));
  return Response{.type = "a/b", .body = Streamed{std::make_unique<Xs>(n), n}};
}
Result<Response> chunked(const Services&, Request& request) {
  return Response{
      .type = "a/b",
      .body = Streamed{std::make_unique<Xs>(std::stoll(request.part("n"))), std::nullopt}};
}
Result<Response> throws(const Services&, Request&) {
  throw std::runtime_error("secret");
}
std::atomic<bool> has_slow_begun = false;
Result<Response> slow(const Services&, Request&) {
  has_slow_begun = true;
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  return text_response("at last\n");
}
constexpr Route kServerRows[] = {
    {Method::post, "/size", kNoLevel, Access::write, Takes::files, size, "-"},
    {Method::get, "/stream/{n}", kNoLevel, Access::read, Takes::nothing, stream, "-"},
    {Method::get, "/chunked/{n}", kNoLevel, Access::read, Takes::nothing, chunked, "-"},
    {Method::get, "/slow", kNoLevel, Access::read, Takes::nothing, slow, "-"},
    {Method::get, "/throws", kNoLevel, Access::read, Takes::nothing, throws, "-"},
};
constexpr RouteTable kServerRoutes[] = {kServerRows};

class Rest : public testing::Test {
 protected:
  void start(Options options = {}) {
    options.port = port_ = free_port();
    facts_.name = "Tëst";
    facts_.version = "1.2.3";
    facts_.http_port = port_;
    auto started = Server::start(services(), std::move(options));
    ASSERT_OK(started);
    server_ = *std::move(started);
  }
  std::string ask(std::string_view request) { return Client(port_).ask(request); }
  std::string get(const std::string& path, const std::string& headers = {}) {
    return ask("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "\r\n");
  }

  Services services() { return {.store = *store_, .facts = facts_}; }

  TempStore store_;
  Facts facts_;
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

TEST_F(Rest, AnUnknownPathIs404WithAReason) {
  start();

  const std::string answer = get("/nope");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json"));
  EXPECT_THAT(answer, HasSubstr("\"HttpStatus\" : 404"));
  EXPECT_THAT(answer, HasSubstr("\"OrthancStatus\" : 17"));
  EXPECT_THAT(answer, HasSubstr("\"Uri\" : \"/nope\""));
}

TEST_F(Rest, SlashesMoreThanOneAreOne) {
  start();

  for (const char* path : {"//system", "///system", "/system//", "//system/"})
    EXPECT_THAT(get(path), StartsWith("HTTP/1.1 200")) << path;
  EXPECT_THAT(get("//nope//x"), StartsWith("HTTP/1.1 404"));
}

TEST_F(Rest, APercentThatStandsForItselfIsPartOfAPath) {
  start();

  const std::string answer = get("/system/%zz");

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(answer, HasSubstr("\"HttpStatus\" : 404"));
}

TEST_F(Rest, AnErrorIsNamedByItsText) {
  start();

  EXPECT_THAT(get("/nope"), HasSubstr("\"OrthancError\" : \"Unknown resource\""));
}

TEST_F(Rest, AnotherMethodIs405WithAllow) {
  start();

  for (const char* method : {"DELETE", "PATCH", "TRACE", "BREW"}) {
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

  EXPECT_THAT(get("/openapi.json"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(get("/system"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(get("/system"), HasSubstr("WWW-Authenticate: Basic"));
  EXPECT_THAT(get("/system", "Authorization: Basic YWxpY2U6eQ==\r\n"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(get("/system", "Authorization: Basic YWxpY2U6eA==\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(Rest, OptionsTellsWhatMayBeAsked) {
  start({.origins = {"https://viewer.example"}});
  const auto options = [&](const std::string& origin) {
    return ask("OPTIONS /system HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: " + origin +
               "\r\nAccess-Control-Request-Headers: x-a\r\n\r\n");
  };

  const auto ours = options("https://viewer.example");

  EXPECT_THAT(ours, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(ours, HasSubstr("Allow: GET, HEAD, OPTIONS"));
  EXPECT_THAT(ours, HasSubstr("Access-Control-Allow-Origin: https://viewer.example"));
  EXPECT_THAT(ours, HasSubstr("Access-Control-Allow-Headers: x-a"));
  EXPECT_THAT(options("https://other.example"), Not(HasSubstr("Access-Control")));
  EXPECT_THAT(get("/system", "Origin: https://viewer.example\r\n"),
              HasSubstr("Access-Control-Allow-Origin"));
  EXPECT_THAT(get("/system"), Not(HasSubstr("Access-Control")));
}

TEST_F(Rest, ReadOnlyUsersDoNotWrite) {
  start({.authenticate = true,
         .users = {{"alice", "x"}},
         .read_only_users = {"alice"},
         .routes = kServerRoutes});
  const std::string alice =
      "Connection: close\r\nHost: x\r\nAuthorization: Basic YWxpY2U6eA==\r\nContent-Length: "
      "2\r\n\r\nhi";

  EXPECT_THAT(ask("POST /size HTTP/1.1\r\n" + alice), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(ask("GET /system HTTP/1.1\r\n" + alice), StartsWith("HTTP/1.1 404"));
}

TEST_F(Rest, PagesOfOtherSitesChangeNothing) {
  start({.origins = {"https://viewer.example"}, .routes = kServerRoutes});
  const auto post = [&](const std::string& headers) {
    return ask("POST /size HTTP/1.1\r\nHost: archive:8042\r\nConnection: close\r\n" + headers +
               "Content-Length: 2\r\n\r\nhi");
  };

  EXPECT_THAT(post(""), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(post("Origin: http://archive:8042\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(post("Origin: https://viewer.example\r\nSec-Fetch-Site: cross-site\r\n"),
              StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(post("Origin: https://evil.example\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(post("Origin: null\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(post("Sec-Fetch-Site: cross-site\r\n"), StartsWith("HTTP/1.1 403"));
}

// man dcmfs.json: "*" is all, without passwords.
TEST_F(Rest, PagesOfAnySiteChangeNothingByAPassword) {
  start({.authenticate = true,
         .users = {{"alice", "x"}},
         .origins = {"*", "https://viewer.example"},
         .routes = kServerRoutes});
  const auto post = [&](const std::string& origin) {
    return ask("POST /size HTTP/1.1\r\nHost: archive:8042\r\nConnection: close\r\nOrigin: " +
               origin + "\r\nAuthorization: Basic YWxpY2U6eA==\r\nContent-Length: 2\r\n\r\nhi");
  };

  EXPECT_THAT(post("https://evil.example"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(post("https://viewer.example"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(post("http://archive:8042"), StartsWith("HTTP/1.1 200"));
}

TEST_F(Rest, PagesOfAnySiteMayWriteWhereNobodyHasAPassword) {
  start({.origins = {"*"}, .routes = kServerRoutes});

  EXPECT_THAT(ask("POST /size HTTP/1.1\r\nHost: archive:8042\r\nConnection: close\r\n"
                  "Origin: https://evil.example\r\nContent-Length: 2\r\n\r\nhi"),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(Rest, BodiesOfAnySizeArrive) {
  start({.routes = kServerRoutes});
  for (const std::size_t size : {0u, 1u, 4096u, 65536u, 300'000u, 5'000'000u}) {
    Client client(port_);
    client.send("POST /size HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
                std::to_string(size) + "\r\n\r\n");
    client.send(std::string(size, 'x'));
    EXPECT_THAT(client.receive_all(), HasSubstr("\r\n\r\n" + std::to_string(size) + "\n")) << size;
  }
}

TEST_F(Rest, ALengthThatIsNoneIs400AndTheEnd) {
  start({.routes = kServerRoutes});
  for (const char* length :
       {"7x", "7, 7", "7, 8", "+7", "-5", "0x7", "99999999999999999999", "7 7"}) {
    Client client(port_);
    client.send("POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::string(length) +
                "\r\n\r\nseven77");
    const auto answer = client.receive_all();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400")) << length;
    EXPECT_THAT(answer, HasSubstr("Connection: close")) << length;
  }
  EXPECT_THAT(get("/stream/1"), StartsWith("HTTP/1.1 200"));
}

TEST_F(Rest, ChunkedBodiesArrive) {
  start({.routes = kServerRoutes});
  std::string body;
  for (int i = 0; i < 100; ++i) body += "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
  EXPECT_THAT(ask("POST /size HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: "
                  "chunked\r\n\r\n" +
                  body + "0\r\n\r\n"),
              HasSubstr("\r\n\r\n409600\n"));
}

TEST_F(Rest, ABodyOverTheLimitIs413) {
  start({.body_bytes_max = 1 << 20, .routes = kServerRoutes});
  Client client(port_);
  client.send("POST /size HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n");
  client.send(std::string(3 << 20, 'x'));
  EXPECT_THAT(client.receive_all(), StartsWith("HTTP/1.1 413"));
}

TEST_F(Rest, StreamsArriveWhole) {
  start({.routes = kServerRoutes});
  for (const char* path : {"/stream/7000000", "/chunked/7000000"}) {
    const auto answer = get(path);
    EXPECT_THAT(answer.substr(0, 100), StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(std::ranges::count(answer, 'x'), 7'000'000) << path;
  }
  EXPECT_THAT(ask("HEAD /stream/70 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              HasSubstr("Content-Length: 70\r\n"));
}

TEST_F(Rest, WhoKnowsNoChunksIsToldTheLength) {
  start({.routes = kServerRoutes});

  const auto answer = ask("GET /chunked/700000 HTTP/1.0\r\n\r\n");

  EXPECT_THAT(answer.substr(0, 1000), HasSubstr("Content-Length: 700000\r\n"));
  EXPECT_THAT(answer.substr(0, 1000), Not(HasSubstr("Transfer-Encoding")));
  EXPECT_EQ(answer.size(), answer.find("\r\n\r\n") + 4 + 700'000);
}

TEST_F(Rest, HeadOfAnUnknownLengthSaysNone) {
  start({.routes = kServerRoutes});
  const auto answer = ask("HEAD /chunked/70 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, Not(HasSubstr("Content-Length")));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n") && answer.find("\r\n\r\n") + 4 == answer.size())
      << answer;
}

TEST_F(Rest, AConnectionThatEndsWithHeadSaysSo) {
  start({.routes = kServerRoutes});
  for (const std::string path : {"/stream/70", "/chunked/70", "/nope"})
    EXPECT_THAT(ask("HEAD " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"),
                HasSubstr("\r\nConnection: close\r\n"))
        << path;
  EXPECT_THAT(ask("HEAD /stream/0 HTTP/1.1\r\nHost: x\r\n\r\n"), Not(HasSubstr("Connection")))
      << "it is kept";
}

TEST_F(Rest, AClientThatGoesEndsItsStream) {
  start({.routes = kServerRoutes});
  for (int i = 0; i < 20; ++i) {
    Client client(port_);
    client.send("GET /stream/7000000000 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.receive_first(), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_THAT(get("/stream/3"), HasSubstr("xxx"));
}

TEST_F(Rest, WhatAHandlerThrowsIsNotTold) {
  start({.routes = kServerRoutes});
  const auto answer = get("/throws");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(answer, Not(HasSubstr("secret")));
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

  const auto server = Server::start(services(), {.port = other.port()});

  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, Errc::busy) << server.error().message;
  EXPECT_THAT(server.error().message, HasSubstr("in use"));
}

TEST_F(Rest, AHostThatIsNotOursIsAnError) {
  EXPECT_FALSE(Server::start(services(), {.host = "192.0.2.1", .port = free_port()}));
  EXPECT_FALSE(Server::start(services(), {.host = "not a host", .port = free_port()}));
}

TEST_F(Rest, EndsWhileClientsAreConnected) {
  start();
  Client kept(port_), fresh(port_);
  kept.send("GET /system HTTP/1.1\r\nHost: x\r\n\r\n");
  kept.receive_one();

  server_.reset();

  EXPECT_EQ(fresh.receive_all(), "");
}

TEST_F(Rest, AnswersThatAreMadeArriveThoughItEnds) {
  start({.routes = kServerRoutes});
  std::string answer;
  std::jthread client([&] { answer = get("/slow"); });
  while (!has_slow_begun) std::this_thread::yield();

  server_.reset();

  client.join();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(answer, HasSubstr("at last"));
}

}  // namespace
}  // namespace dcmfs::rest
