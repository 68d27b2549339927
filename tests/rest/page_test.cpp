#include "rest/web/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rest/web/assets.h"
#include "tests/rest/api.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string_view page_asset(std::string_view name) {
  for (const auto& asset : web_assets())
    if (asset.name == name) return asset.bytes;
  ADD_FAILURE() << name << " is not in the program";
  return {};
}

using Page = Api;

TEST_F(Page, TheRootLeadsToIt) {
  for (const char* method : {"GET", "HEAD"}) {
    const auto answer = ask(method, "/");

    EXPECT_EQ(answer.status, 301);
    EXPECT_THAT(answer.headers, HasSubstr("Location: app/explorer.html\r\n"));
    EXPECT_THAT(answer.body, IsEmpty());
  }
  EXPECT_THAT(get("/app").headers, HasSubstr("Location: app/explorer.html\r\n"));
  EXPECT_THAT(get("/app/").headers, HasSubstr("Location: explorer.html\r\n"));
}

TEST_F(Page, ItsFilesAreThoseOfTheSource) {
  ASSERT_FALSE(web_assets().empty());
  for (const auto& asset : web_assets()) {
    const auto answer = get("/app/" + std::string(asset.name));

    EXPECT_EQ(answer.status, 200) << asset.name;
    EXPECT_EQ(answer.body, asset.bytes) << asset.name;
    EXPECT_THAT(answer.headers, HasSubstr("Content-Security-Policy: default-src 'none'"))
        << asset.name;
    EXPECT_THAT(answer.headers, Not(HasSubstr("application/octet-stream"))) << asset.name;
  }
  EXPECT_THAT(get("/app/explorer.html").headers,
              HasSubstr("Content-Type: text/html; charset=utf-8"));
  EXPECT_THAT(get("/app/api.js").headers, HasSubstr("Content-Type: text/javascript"));
}

TEST_F(Page, ABrowserThatHasItIsToldSo) {
  const auto first = get("/app/explorer.js");
  const auto at = first.headers.find("ETag: ");
  ASSERT_NE(at, first.headers.npos);
  const auto etag = first.headers.substr(at + 6, first.headers.find("\r\n", at) - at - 6);

  const auto again = get("/app/explorer.js", "If-None-Match: " + etag + "\r\n");
  const auto other = get("/app/explorer.js", "If-None-Match: \"other\"\r\n");

  EXPECT_EQ(again.status, 304);
  EXPECT_THAT(again.body, IsEmpty());
  EXPECT_EQ(other.status, 200);
}

TEST_F(Page, HeadTellsTheSizeOfAFile) {
  const auto answer = ask("HEAD", "/app/explorer.css");

  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, IsEmpty());
  EXPECT_THAT(answer.headers,
              HasSubstr("Content-Length: " + std::to_string(page_asset("explorer.css").size())));
}

TEST_F(Page, OtherFilesAreNotThere) {
  for (const char* path : {"/app/nope.js", "/app/page.cpp", "/app/..%2Fexplorer.html",
                           "/app/%2Fetc%2Fpasswd", "/app/images/x/y"})
    EXPECT_EQ(get(path).status, 404) << path;
}

TEST_F(Page, IsForUsers) {
  start({.authenticate = true, .users = {{"alice", "x"}}});

  EXPECT_EQ(get("/app/explorer.html").status, 401);
  EXPECT_EQ(get("/app/explorer.html", "Authorization: Basic YWxpY2U6eA==\r\n").status, 200);
  EXPECT_EQ(get("/").status, 301);
}

// The page hides what such a user may not do.
TEST_F(Page, IsToldWhoMayOnlyRead) {
  start(
      {.authenticate = true, .users = {{"alice", "x"}, {"bob", "y"}}, .read_only_users = {"bob"}});

  EXPECT_EQ(get("/system", "Authorization: Basic YWxpY2U6eA==\r\n").json()["ReadOnly"], false);
  EXPECT_EQ(get("/system", "Authorization: Basic Ym9iOnk=\r\n").json()["ReadOnly"], true);
}

// Names in quotation marks behind `word`.
std::vector<std::string> quoted_behind(std::string_view text, std::string_view word, char mark) {
  std::vector<std::string> names;
  for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const auto begin = at + word.size();
    names.emplace_back(text.substr(begin, text.find(mark, begin) - begin));
  }
  return names;
}

TEST(PageFiles, NameNoOtherThanTheirOwn) {
  for (const auto& asset : web_assets()) {
    SCOPED_TRACE(asset.name);
    for (const auto& name : quoted_behind(asset.bytes, "from './", '\'')) page_asset(name);
    if (!asset.name.ends_with(".html")) continue;
    for (const char* attribute : {" src=\"", " href=\""})
      for (const auto& name : quoted_behind(asset.bytes, attribute, '"'))
        if (!name.starts_with('#') && !name.starts_with("../")) page_asset(name);
  }
}

// What a file of a patient says must never become markup or a script, nor leave for another server.
TEST(PageFiles, MakeNoMarkupOfText) {
  for (const auto& asset : web_assets()) {
    for (const char* word :
         {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function",
          "javascript:", "<style", " style=", "onclick=", "https://", "srcdoc"})
      EXPECT_THAT(std::string(asset.bytes), Not(HasSubstr(word))) << asset.name;
    for (const auto& address : quoted_behind(asset.bytes, "http://", '\''))
      EXPECT_TRUE(address == "page" || address.starts_with("www.w3.org/2000/svg"))
          << asset.name << ": " << address;
  }
}

}  // namespace
}  // namespace dcmfs::rest
