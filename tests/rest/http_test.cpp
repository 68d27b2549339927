// What travels: parts, packings, types, conditions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rest/http/answer.h"
#include "rest/http/error.h"
#include "rest/http/gzip.h"
#include "rest/http/intake.h"
#include "rest/http/json.h"
#include "rest/http/media_type.h"
#include "rest/http/multipart.h"
#include "tests/support/ok.h"
#include "tests/support/temp_store.h"

namespace dcmfs::rest {
namespace {

using testing::ElementsAre;

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

struct Collected : MultipartReader::Sink {
  Result<> begin(Headers headers) override {
    parts.emplace_back(std::string(header(headers, "content-type")) + ":");
    return {};
  }
  Result<> data(std::span<const std::byte> more) override {
    parts.back().append(reinterpret_cast<const char*>(more.data()), more.size());
    return {};
  }
  Result<> end() override {
    parts.back() += '.';
    return {};
  }
  std::vector<std::string> parts;
};

constexpr std::string_view kBody =
    "preamble\r\n--b\r\nContent-Type: a/b\r\nX: y\r\n\r\nhello\r\n--bb\r\n\r\n--b  "
    "\r\n\r\n\r\n--b\r\n"
    "Content-Type: c/d\r\n\r\n\r\n\r\n--b--\r\nepilogue";

TEST(Multipart, ComesInPiecesOfAnySize) {
  for (std::size_t piece = 1; piece <= kBody.size(); ++piece) {
    Collected sink;
    MultipartReader reader("b", sink);
    for (std::size_t i = 0; i < kBody.size(); i += piece)
      ASSERT_OK(reader.take(bytes(kBody.substr(i, piece))));
    ASSERT_OK(reader.finish());
    EXPECT_THAT(sink.parts, ElementsAre("a/b:hello\r\n--bb\r\n.", ":.", "c/d:\r\n.")) << piece;
  }
}

TEST(Multipart, ACutBodyIsNone) {
  for (std::size_t n = 0; n + 13 < kBody.size(); ++n) {
    Collected sink;
    MultipartReader reader("b", sink);
    ASSERT_OK(reader.take(bytes(kBody.substr(0, n))));
    EXPECT_FALSE(reader.finish()) << n;
  }
}

TEST(Multipart, HeadersHaveALimit) {
  Collected sink;
  MultipartReader reader("b", sink);
  const auto taken = reader.take(bytes("--b\r\nA: " + std::string(100'000, 'x')));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::too_large);
}

TEST(Multipart, HeadersHaveALimitAlsoIfTheyComeAtOnce) {
  Collected sink;
  MultipartReader reader("b", sink);
  const auto taken = reader.take(bytes("--b\r\nA: " + std::string(100'000, 'x') + "\r\n\r\n"));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::too_large);
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST(Multipart, PartsHaveALimit) {
  Collected sink;
  MultipartReader reader("b", sink);
  const std::string parts = repeated("--b\r\n\r\n\r\n", MultipartReader::kPartsMax);

  ASSERT_OK(reader.take(bytes(parts)));
  const auto taken = reader.take(bytes("--b\r\n\r\n\r\n"));

  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::too_large);
}

TEST(MediaTypes, AreRead) {
  const auto type =
      MediaType::parse(R"(Multipart/Related; type="application/dicom" ; boundary=x;q=0.5)");
  ASSERT_TRUE(type);
  EXPECT_EQ(type->name, "multipart/related");
  EXPECT_EQ(type->parameters.at("Type"), "application/dicom");
  EXPECT_EQ(type->quality, 0.5);
  EXPECT_FALSE(MediaType::parse("nonsense"));
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=\"a b\""), "a b");
  EXPECT_EQ(multipart_boundary("application/dicom; boundary=x"), std::nullopt);
}

TEST(MediaTypes, TheBestIsTaken) {
  const auto accepted = accepted_types("image/png;q=0.1, image/jpeg, */*;q=0.01");
  EXPECT_EQ(best_of(accepted, {"image/png", "image/jpeg"}), 1u);
  EXPECT_EQ(best_of(accepted, {"image/gif"}), 0u);
  EXPECT_EQ(best_of(accepted_types("text/plain"), {"image/gif"}), std::string_view::npos);
  EXPECT_EQ(best_of(accepted_types("image/*"), {"text/plain", "image/gif"}), 1u);
  EXPECT_EQ(best_of(accepted_types(""), {"image/gif"}), 0u);
}

// What comes in pieces.
Result<std::string> unpacked(std::string_view packed, std::size_t piece) {
  Inflater inflater;
  std::string out;
  for (std::size_t i = 0; i < packed.size(); i += piece)
    DCMFS_CHECK(inflater.take(bytes(packed.substr(i, piece)),
                              [&](std::span<const std::byte> b) -> Result<> {
                                out.append(reinterpret_cast<const char*>(b.data()), b.size());
                                return {};
                              }));
  DCMFS_CHECK(inflater.finish());
  return out;
}

TEST(Gzip, ThereAndBack) {
  const std::string text(1 << 20, 'a');
  const auto packed = gzipped(text);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{100}, packed.size()})
    EXPECT_EQ(*unpacked(packed, piece), text);
}

TEST(Gzip, MayHaveSeveralMembers) {
  const auto packed = gzipped("one ") + gzipped("") + gzipped("two");
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, packed.size()})
    EXPECT_EQ(*unpacked(packed, piece), "one two");
}

TEST(Gzip, WhatFollowsAndIsNoMemberIsAnError) {
  for (const std::string& more :
       {std::string("x"), std::string(8, '\0'), gzipped("two").substr(0, 9)})
    EXPECT_EQ(unpacked(gzipped("one") + more, 5).error().code, Errc::invalid_argument);
}

TEST(Gzip, ABombIsRefused) {
  const auto packed = gzipped(std::string(200 << 20, 'a'));
  Inflater inflater;
  const auto taken = inflater.take(bytes(packed), [](auto) -> Result<> { return {}; });
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::too_large);
}

TEST(Intake, TakesPartsToTheSpoolAndUnpacksThem) {
  TempStore store;
  const std::string big(100'000, 'x');
  const auto packed = gzipped("--b\r\n\r\nsmall\r\n--b\r\n\r\n" + big + "\r\n--b--");
  Intake intake(Takes::files,
                {{"content-type", "multipart/form-data; boundary=b"}, {"CONTENT-ENCODING", "gzip"}},
                *store, {});
  ASSERT_OK(intake.take(bytes(packed)));
  Request request;
  ASSERT_OK(intake.finish(request));
  ASSERT_EQ(request.parts.size(), 2u);
  EXPECT_EQ(request.parts[0].body.text, "small");
  ASSERT_TRUE(request.parts[1].body.file);
  EXPECT_EQ(*request.parts[1].body.file->size(), 100'000);
  EXPECT_EQ(*text_of(std::move(request.parts[1].body), 1 << 20), big);
}

// There may be more than memory holds, and more than a process may have files open.
TEST(Intake, ManyPartsAreNeitherInMemoryNorOpen) {
  TempStore store;
  Intake intake(Takes::files, {{"Content-Type", "multipart/related; boundary=b"}}, *store, {});
  const std::string body(60'000, 'x'), part = "--b\r\n\r\n" + body + "\r\n";
  constexpr std::size_t kParts = 400;
  for (std::size_t i = 0; i < kParts; ++i) ASSERT_OK(intake.take(bytes(part)));
  ASSERT_OK(intake.take(bytes("--b--")));
  Request request;

  ASSERT_OK(intake.finish(request));

  ASSERT_EQ(request.parts.size(), kParts);
  std::size_t in_memory = 0, in_files = 0;
  for (const Part& one : request.parts) {
    in_memory += one.body.text.size();
    if (!one.body.file) continue;
    ++in_files;
    EXPECT_LT(one.body.file->fd(), 0);
    EXPECT_EQ(*one.body.file->size(), std::ssize(body));
  }
  EXPECT_LE(in_memory, Intake::kPartsInMemoryBytesMax);
  EXPECT_GT(in_files, kParts / 4);
  const auto file = file_of(std::move(request.parts[kParts - 1].body), *store);
  ASSERT_OK(file);
  EXPECT_GE(file->fd(), 0);
  EXPECT_EQ(*text_of(std::move(request.parts[kParts - 2].body), 1 << 20), body);
}

TEST(Intake, TheHeadersOfAllPartsHaveALimit) {
  TempStore store;
  Intake intake(Takes::files, {{"Content-Type", "multipart/related; boundary=b"}}, *store, {});
  std::string part = "--b\r\n";
  for (int i = 1000; i < 2500; ++i) part += std::to_string(i) + ":x\r\n";
  part += "\r\n\r\n";

  Result<> taken;
  int parts = 0;
  for (; taken && parts < 1000; ++parts) taken = intake.take(bytes(part));

  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::too_large);
  EXPECT_GT(parts, 100) << "of which each is short";
}

TEST(Intake, LimitsAreKept) {
  TempStore store;
  Intake texts(Takes::text, {}, *store, {.text_bytes_max = 10});
  EXPECT_FALSE(texts.take(bytes("12345678901")));
  Intake bodies(Takes::files, {}, *store, {.body_bytes_max = 10});
  EXPECT_FALSE(bodies.take(bytes("12345678901")));
  Intake brotli(Takes::text, {{"Content-Encoding", "br"}}, *store, {});
  EXPECT_FALSE(brotli.take(bytes("x")));
}

TEST(Errors, AreUtf8) {
  EXPECT_EQ(told_name(std::string(63, 'a') + "é"), std::string(63, 'a'));
  EXPECT_EQ(told_name("a\xff"), "a\uFFFD");
  const auto response =
      failure_response({400, orthanc_errors::kBadRequest, "a peer says \xff"}, "GET", "/x");
  EXPECT_OK(parse_json(std::get<std::string>(response.body)));
}

Response answered(std::string_view name, std::string value) {
  Request request;
  request.headers.emplace(name, std::move(value));
  Response response{.body = "0123456789", .etag = "e"};
  apply_conditions(request, response);
  return response;
}

TEST(Conditions, WhatIsKnownIsNotSentAgain) {
  for (const char* known : {"\"e\"", "W/\"e\"", "\"a\", \"e\"", "*"})
    EXPECT_EQ(answered("If-None-Match", known).status, 304) << known;
  EXPECT_EQ(answered("If-None-Match", "\"f\"").status, 200);
}

TEST(Conditions, WhatIsMeantIsThereOrNothingIsSent) {
  for (const char* wanted : {"\"e\"", "\"a\", \"e\"", "*"})
    EXPECT_EQ(answered("If-Match", wanted).status, 200) << wanted;
  for (const char* wanted : {"\"f\"", "W/\"e\"", "e", "\"\""})
    EXPECT_EQ(answered("If-Match", wanted).status, 412) << wanted;
}

TEST(Conditions, WhatIsMeantIsAskedBeforeWhatIsKnown) {
  Request request;
  request.headers = {{"If-Match", "\"f\""}, {"If-None-Match", "\"e\""}, {"Range", "bytes=0-1"}};
  Response response{.body = "0123456789", .etag = "e"};

  apply_conditions(request, response);

  EXPECT_EQ(response.status, 412);
  EXPECT_EQ(response.headers["ETag"], "\"e\"");
}

TEST(Conditions, AWeakEtagIsNeverMeant) {
  Request request;
  request.headers = {{"If-Match", "W/\"e\", \"e\""}};
  Response response{.body = "0123456789", .etag = "e", .etag_is_weak = true};

  apply_conditions(request, response);

  EXPECT_EQ(response.status, 412);
}

TEST(Gzip, IsAcceptedInAnyCase) {
  for (const char* accepted : {"gzip", "GZip", "br, GZIP;q=0.5"}) {
    Request request;
    request.headers.emplace("Accept-Encoding", accepted);
    Response response{.body = std::string(5000, 'x')};
    compress(request, response);
    EXPECT_EQ(response.headers["Content-Encoding"], "gzip") << accepted;
  }
}

TEST(Conditions, Ranges) {
  const auto body = [](const char* range) {
    const auto response = answered("Range", range);
    return std::to_string(response.status) + ' ' + std::get<std::string>(response.body);
  };
  EXPECT_EQ(body("bytes=0-3"), "206 0123");
  EXPECT_EQ(body("bytes=8-"), "206 89");
  EXPECT_EQ(body("bytes=8-99"), "206 89");
  EXPECT_EQ(body("bytes=-3"), "206 789");
  EXPECT_EQ(body("bytes=-99"), "206 0123456789");
  EXPECT_EQ(body("bytes=10-"), "416 ");
  for (const char* none : {"bytes=3-2", "bytes=a-b", "lines=1-2", "bytes=0-1,3-4", "bytes=--1",
                           "bytes=99999999999999999999-"})
    EXPECT_EQ(body(none), "200 0123456789") << none;
}

TEST(Json, OnlyJsonIsTaken) {
  EXPECT_OK(parse_json("\"bare\""));
  EXPECT_OK(parse_json(" [1] "));
  for (const std::string text : {"{\"a\":1,\"a\":2}", "[1] 2", "{", "// x\n1", "\"\xff\"", ""})
    EXPECT_FALSE(parse_json(text)) << text;
  EXPECT_FALSE(parse_json(std::string(100'000, '[')));
}

TEST(Json, TextIsUtf8AlsoWhereItIsEscaped) {
  EXPECT_EQ(*parse_json(R"("\u00e9\ud83d\ude00")"), "é😀");
  for (const char* text : {R"("\udc00")", R"(["\udfff"])", R"({"a":{"\udc00":1}})"})
    EXPECT_EQ(parse_json(text).error().code, Errc::invalid_argument) << text;
}

TEST(Json, OfManyValuesIsNotEvenRead) {
  const std::string many = "[" + std::string(2'000'000, ',') + "]";
  EXPECT_EQ(parse_json(many).error().code, Errc::too_large);
  EXPECT_OK(parse_json('"' + many + R"(\",")"));
}

// Of a request, in a record of a job.
TEST(Json, WhatIsTakenCanBeReadAgainALittleDeeper) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_OK(parse_json(nested(390)));
  EXPECT_FALSE(parse_json(nested(410)));
  EXPECT_OK(parse_own_json(nested(490)));
}

}  // namespace
}  // namespace dcmfs::rest
