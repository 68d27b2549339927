#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rest/http/authentication.h"
#include "rest/http/error.h"
#include "rest/http/route.h"
#include "tests/support/ok.h"

namespace dcmfs::rest {
namespace {

using testing::ElementsAre;
using testing::Pair;

Result<Response> nothing(const Services&, Request&) {
  return Response{};
}

using enum Method;
constexpr Route kRouterRows[] = {
    {get, "/", kNoLevel, Access::anyone, Takes::nothing, nothing, "root"},
    {get, "/{level}", kAllLevels, Access::read, Takes::nothing, nothing, "list"},
    {get, "/{level}/{id}", kAllLevels, Access::read, Takes::nothing, nothing, "one"},
    {delete_, "/{level}/{id}", kAllLevels, Access::write, Takes::nothing, nothing, "remove"},
    {put, "/studies/{id}/labels/{label}", kNoLevel, Access::write, Takes::nothing, nothing,
     "label"},
    {get, "/{level}/{id}/file", kInstance, Access::read, Takes::nothing, nothing, "file"},
    {get, "/web/{path...}", kNoLevel, Access::anyone, Takes::nothing, nothing, "web"},
};
constexpr RouteTable kRouterTable[] = {kRouterRows};

std::string found(std::string_view method, std::string_view path) {
  const auto answer = find_route(kRouterTable, method, path);
  if (std::holds_alternative<NoSuchPath>(answer)) return "404";
  if (const auto* wrong = std::get_if<WrongMethod>(&answer)) return "405 " + wrong->allowed;
  return std::string(std::get<Found>(answer).route->summary);
}

TEST(Router, FindsTheRow) {
  EXPECT_EQ(found("GET", "/"), "root");
  EXPECT_EQ(found("GET", "/studies"), "list");
  for (const char* path : {"/studies/", "/studies//", "//studies"})
    EXPECT_EQ(found("GET", path), "list") << path;
  EXPECT_EQ(found("GET", "//"), "root");
  EXPECT_EQ(found("GET", "/studies//x"), "one");
  EXPECT_EQ(found("GET", "/studies/x"), "one");
  EXPECT_EQ(found("DELETE", "/studies/x"), "remove");
}

TEST(Router, HeadIsGet) {
  EXPECT_EQ(found("HEAD", "/studies/x"), "one");
}

TEST(Router, AnUnknownPathIs404) {
  for (const char* path : {"/nope", "/studies/x/y", "", "studies", "*"})
    EXPECT_EQ(found("GET", path), "404") << path;
}

TEST(Router, AnotherMethodIs405WithWhatIsAllowed) {
  EXPECT_EQ(found("PATCH", "/studies/x"), "405 GET, HEAD, DELETE, OPTIONS");
  EXPECT_EQ(found("GET", "/studies/x/labels/y"), "405 PUT, OPTIONS");
}

TEST(Router, DecodesTheParts) {
  const auto answer = find_route(kRouterTable, "PUT", "/studies/a%2Fb/labels/%C3%A9");

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

TEST(Router, ALevelIsOneOfItsRow) {
  EXPECT_EQ(found("GET", "/instances/x/file"), "file");
  EXPECT_EQ(found("GET", "/studies/x/file"), "404");
  EXPECT_EQ(found("GET", "/nothings/x"), "404");
  const auto answer = find_route(kRouterTable, "GET", "/series/x");
  EXPECT_EQ(std::get<Found>(answer).request.level, Level::series);
}

TEST(Router, TheRestOfAPathMayBeOnePart) {
  const auto answer = find_route(kRouterTable, "GET", "/web/a/b.js");
  EXPECT_EQ(std::get<Found>(answer).request.part("path"), "a/b.js");
  EXPECT_EQ(found("GET", "/web"), "web");
}

TEST(Parameters, AreDecodedInTheirOrder) {
  const auto query = Parameters::parse("expand&limit=3&name=a+b%26c&limit=4&off=false&zero=0");
  ASSERT_OK(query);
  EXPECT_TRUE(query->flag("expand"));
  EXPECT_FALSE(query->flag("off"));
  EXPECT_FALSE(query->flag("zero"));
  EXPECT_FALSE(query->flag("absent"));
  EXPECT_EQ(query->text("name"), "a b&c");
  EXPECT_EQ(**query->number("limit"), 3);
  EXPECT_EQ(query->all().size(), 6u);
}

TEST(Parameters, WhatIsNoneIsRefused) {
  EXPECT_FALSE(Parameters::parse("a=%zz"));
  EXPECT_FALSE(Parameters::parse("a=%FF"));
  std::string many;
  for (int i = 0; i < 100000; ++i) many += "a&";
  EXPECT_FALSE(Parameters::parse(many));
  const auto query = Parameters::parse("a=x&b=-1&c=99999999999999999999");
  for (const char* name : {"a", "b", "c"}) EXPECT_FALSE(query->number(name)) << name;
}

// The path of a row with something in place of its {parts}.
std::string example(const Route& route, Level level) {
  std::string path;
  for (std::string_view rest = route.pattern.substr(1);;) {
    const auto end = rest.find('/');
    const auto part = rest.substr(0, end);
    path += '/' + std::string(part == "{level}"       ? info(level).plural
                              : part.starts_with('{') ? "x"
                                                      : part);
    if (end == rest.npos) return path;
    rest.remove_prefix(end + 1);
  }
}

TEST(Routes, NoRowHidesAnother) {
  for (const auto table : route_tables())
    for (const Route& route : table) {
      EXPECT_TRUE(route.pattern.starts_with('/')) << route.pattern;
      EXPECT_FALSE(route.summary.empty()) << route.pattern;
      EXPECT_NE(route.handler, nullptr) << route.pattern;
      const bool has_level = route.pattern.find("{level}") != route.pattern.npos;
      for (const auto& level : kLevels) {
        if (has_level && !route.levels.has(level.level)) continue;
        const auto path = example(route, level.level);
        const auto answer = find_route(route_tables(), name(route.method), path);
        ASSERT_TRUE(std::holds_alternative<Found>(answer)) << path;
        EXPECT_EQ(std::get<Found>(answer).route, &route) << name(route.method) << ' ' << path;
      }
    }
}

TEST(Errors, EveryCodeIsAnErrorOfHttp) {
  for (int code = 0; code <= static_cast<int>(Errc::timed_out); ++code) {
    const auto failure = failure_of({static_cast<Errc>(code), "why"});

    EXPECT_GE(failure.http, 400);
    EXPECT_LE(failure.http, 599);
    EXPECT_EQ(failure.details, "why");
  }
}

TEST(Authentication, KnowsItsUsers) {
  Authentication users(Users{{"alice", "sécret:x"}, {"empty", ""}});

  EXPECT_EQ(users.known("Basic YWxpY2U6c8OpY3JldDp4"), std::nullopt);
  EXPECT_EQ(users.verify("Basic YWxpY2U6c8OpY3JldDp4"), "alice");
  EXPECT_EQ(users.known("Basic YWxpY2U6c8OpY3JldDp4"), "alice");
  EXPECT_EQ(users.verify("basic YWxpY2U6c8OpY3JldDp4"), "alice");
  EXPECT_EQ(users.verify("Basic ZW1wdHk6"), "empty");
}

TEST(Authentication, KnowsNobodyElse) {
  Authentication users(Users{{"alice", "x"}});

  for (const char* header :
       {"", "Basic", "Basic ", "Basic YWxpY2U6eQ==", "Basic Ym9iOng=", "Basic Ym9iOg==",
        "Bearer YWxpY2U6eA==", "Basic YWxpY2U=", "Basic ????", "Basic YWx"}) {
    EXPECT_EQ(users.verify(header), std::nullopt) << header;
    EXPECT_EQ(users.known(header), std::nullopt) << header;
  }
}

TEST(Authentication, TakesHashes) {
  const auto hash = password_hash("x");
  ASSERT_TRUE(is_password_hash(hash)) << hash;
  EXPECT_NE(hash, password_hash("x"));
  Authentication users(Users{{"alice", hash}});

  EXPECT_EQ(users.verify("Basic YWxpY2U6eA=="), "alice");
  EXPECT_EQ(users.verify("Basic YWxpY2U6eQ=="), std::nullopt);
}

}  // namespace
}  // namespace dcmfs::rest
