#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rest/authentication.h"
#include "rest/error.h"
#include "rest/route.h"

namespace dcmfs::rest {
namespace {

using testing::ElementsAre;
using testing::Pair;

Result<Response> nothing(const Services&, const Request&) {
  return Response{};
}

constexpr Route kTable[] = {
    {Method::get, "/", Access::anyone, nothing, "root"},
    {Method::get, "/studies", Access::users, nothing, "list"},
    {Method::get, "/studies/{id}", Access::users, nothing, "one"},
    {Method::delete_, "/studies/{id}", Access::users, nothing, "remove"},
    {Method::put, "/studies/{id}/labels/{label}", Access::users, nothing, "label"},
};

std::string found(std::string_view method, std::string_view path) {
  const auto answer = find_route(kTable, method, path);
  if (std::holds_alternative<NoSuchPath>(answer)) return "404";
  if (const auto* wrong = std::get_if<WrongMethod>(&answer)) return "405 " + wrong->allowed;
  return std::string(std::get<Found>(answer).route->summary);
}

TEST(Router, FindsTheRow) {
  EXPECT_EQ(found("GET", "/"), "root");
  EXPECT_EQ(found("GET", "/studies"), "list");
  EXPECT_EQ(found("GET", "/studies/"), "list");
  EXPECT_EQ(found("GET", "/studies/x"), "one");
  EXPECT_EQ(found("DELETE", "/studies/x"), "remove");
}

TEST(Router, HeadIsGet) {
  EXPECT_EQ(found("HEAD", "/studies/x"), "one");
}

TEST(Router, AnUnknownPathIs404) {
  for (const char* path : {"/nope", "/studies/x/y", "", "studies", "//", "/studies//", "*"})
    EXPECT_EQ(found("GET", path), "404") << path;
}

TEST(Router, AnotherMethodIs405WithWhatIsAllowed) {
  EXPECT_EQ(found("PATCH", "/studies/x"), "405 GET, HEAD, DELETE");
  EXPECT_EQ(found("GET", "/studies/x/labels/y"), "405 PUT");
}

TEST(Router, DecodesTheParts) {
  const auto answer = find_route(kTable, "PUT", "/studies/a%2Fb/labels/%C3%A9");

  ASSERT_TRUE(std::holds_alternative<Found>(answer));
  EXPECT_THAT(std::get<Found>(answer).request.path,
              ElementsAre(Pair("id", "a/b"), Pair("label", "é")));
}

TEST(Router, ARottenEscapeIs404) {
  for (const char* path :
       {"/studies/%", "/studies/%4", "/studies/%zz", "/studies/%00", "/studies/%FF"})
    EXPECT_EQ(found("GET", path), "404") << path;
}

TEST(Router, APathOfManyPartsIsNoWork) {
  std::string path;
  for (int i = 0; i < 100000; ++i) path += "/x";

  EXPECT_EQ(found("GET", path), "404");
}

TEST(Router, ReadsTheQuery) {
  EXPECT_THAT(query_of("expand&limit=3&name=a+b%26c&bad=%zz&=x"),
              ElementsAre(Pair("expand", ""), Pair("limit", "3"), Pair("name", "a b&c")));
}

TEST(Routes, NoRowHidesAnother) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Route& route : routes()) {
    EXPECT_TRUE(seen.emplace(name(route.method), route.pattern).second) << route.pattern;
    EXPECT_TRUE(route.pattern.starts_with('/')) << route.pattern;
    EXPECT_FALSE(route.summary.empty()) << route.pattern;
    const auto answer = find_route(routes(), name(route.method), route.pattern);
    ASSERT_TRUE(std::holds_alternative<Found>(answer)) << route.pattern;
    EXPECT_EQ(std::get<Found>(answer).route, &route);
  }
}

TEST(Errors, EveryCodeIsAnErrorOfHttp) {
  for (int code = 0; code <= static_cast<int>(Errc::timed_out); ++code) {
    const auto failure = failure_of({static_cast<Errc>(code), "why"});

    EXPECT_GE(failure.http, 400);
    EXPECT_LE(failure.http, 599);
    EXPECT_EQ(failure.message, "why");
  }
}

TEST(Authentication, KnowsItsUsers) {
  const Users users{{"alice", "sécret:x"}, {"empty", ""}};

  EXPECT_TRUE(is_user(users, "Basic YWxpY2U6c8OpY3JldDp4"));
  EXPECT_TRUE(is_user(users, "basic YWxpY2U6c8OpY3JldDp4"));
  EXPECT_TRUE(is_user(users, "Basic ZW1wdHk6"));
}

TEST(Authentication, KnowsNobodyElse) {
  const Users users{{"alice", "x"}};

  for (const char* header :
       {"", "Basic", "Basic ", "Basic YWxpY2U6eQ==", "Basic Ym9iOng=", "Basic Ym9iOg==",
        "Bearer YWxpY2U6eA==", "Basic YWxpY2U=", "Basic ????", "Basic YWx"})
    EXPECT_FALSE(is_user(users, header)) << header;
}

}  // namespace
}  // namespace dcmfs::rest
