#include "rest/http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rest/http/server.h"
#include "rest/services.h"
#include "tests/net/certificates.h"
#include "tests/rest/client.h"
#include "tests/support/temp_store.h"

namespace dcmfs::rest {
namespace {

Result<Response> say_hello(const Services&, Request& request) {
  return text_response("hello " + std::string(header(request.headers, "X-Who")));
}
constexpr Route kHelloRows[] = {
    {Method::get, "/hello", kNoLevel, Access::read, Takes::nothing, say_hello, "-"}};
constexpr RouteTable kHelloTables[] = {kHelloRows};

class Https : public testing::Test {
 protected:
  // A server that is certified as this host, by the authority or by itself.
  void serve(const std::string& host) {
    certificates.add(host);
    Options options;
    options.port = port = free_port();
    options.routes = kHelloTables;
    options.certificate_file = certificates.certificate(host);
    options.key_file = certificates.key(host);
    server =
        TempStore::require(Server::start({.store = *store, .facts = facts}, std::move(options)));
  }
  Result<HttpReply> get(HttpTls tls) {
    HttpClient client;
    return client.call({.url = "https://localhost:" + std::to_string(port) + "/hello",
                        .headers = {{"X-Who", "you"}},
                        .timeout = std::chrono::seconds(10),
                        .tls = std::move(tls)});
  }

  TempStore store;
  Facts facts;
  net::Certificates certificates;
  int port = 0;
  std::unique_ptr<Server> server;
};

TEST_F(Https, IsSpokenWithWhoIsCertified) {
  serve("localhost");

  const auto reply = get({.trusted = certificates.authority()});

  ASSERT_OK(reply);
  EXPECT_EQ(200, reply->status);
  EXPECT_EQ("hello you", reply->body);
}

TEST_F(Https, IsNotSpokenWithStrangers) {
  serve("localhost");

  EXPECT_EQ(Errc::io, get({}).error().code) << "nobody vouches for it";
  ASSERT_OK(get({.verify = false}));
}

TEST_F(Https, IsNotSpokenWithWhoIsCertifiedAsSomebodyElse) {
  serve("other.example");

  EXPECT_EQ(Errc::io, get({.trusted = certificates.authority()}).error().code);
}

TEST(HttpUrls, AreOfHttpAndWithoutCredentials) {
  for (const char* good : {"http://a", "https://a:1/b/", "http://[::1]:8042/"})
    EXPECT_TRUE(is_http_url(good)) << good;
  for (const char* bad :
       {"", "a", "ftp://a", "http://", "http://u:p@a/", "http://a b/", "file:///etc/passwd"})
    EXPECT_FALSE(is_http_url(bad)) << bad;
}

}  // namespace
}  // namespace dcmfs::rest
