#include "rest/http/error.h"

#include <algorithm>

#include <json/json.h>

#include "rest/http/json.h"
#include "store/dicom/text.h"

namespace dcmfs::rest {
namespace {

constexpr std::size_t kToldBytesMax = 64;

struct Phrase {
  int status;
  std::string_view text;
};
constexpr Phrase kPhrases[] = {
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {409, "Conflict"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {507, "Insufficient Storage"},
};

}  // namespace

std::string told_name(std::string_view name) {
  return repair_utf8(cut_utf8(name, kToldBytesMax));
}

std::string_view phrase(int status) {
  const auto found = std::ranges::find(kPhrases, status, &Phrase::status);
  return found == std::end(kPhrases) ? std::string_view("Error") : found->text;
}

Failure failure_of(const Error& error) {
  using namespace orthanc_errors;
  switch (error.code) {
    case Errc::not_found:
      return {404, kNoSuchItem, error.message};
    case Errc::already_exists:
      return {409, kDuplicate, error.message};
    case Errc::invalid_argument:
      return {400, kBadRequest, error.message};
    case Errc::not_dicom:
      return {400, kBadFile, error.message};
    case Errc::corrupt:
      return {400, kCorrupted, error.message};
    case Errc::not_supported:
      return {415, kNotImplemented, error.message};
    case Errc::too_large:
      return {413, kOutOfRange, error.message};
    case Errc::no_space:
    case Errc::over_quota:
      return {507, kFullStorage, error.message};
    case Errc::denied:
      return {403, kForbidden, error.message};
    case Errc::io:
      return {500, kDatabase, error.message};
    case Errc::busy:
      return {503, kUnavailable, error.message};
    case Errc::cancelled:
      return {503, kCanceled, error.message};
    case Errc::timed_out:
      return {504, kTimeout, error.message};
  }
  return {500, kInternal, error.message};
}

Failure no_such_path() {
  return {404, orthanc_errors::kUnknownResource, "there is nothing at this path"};
}
Failure method_not_allowed() {
  return {405, orthanc_errors::kBadRequest, "not with this method; see Allow"};
}
Failure not_authenticated() {
  return {401, orthanc_errors::kUnauthorized, "a registered user is needed"};
}
Failure read_only_user() {
  return {403, orthanc_errors::kForbidden, "this user may only read"};
}
Failure foreign_page() {
  return {403, orthanc_errors::kForbidden,
          "a web page of another site may change nothing; see HttpAllowedOrigins"};
}
Failure too_busy() {
  return {503, orthanc_errors::kUnavailable, "too many requests at a time"};
}
Failure network_failure(const Error& error) {
  return {500, orthanc_errors::kNetwork, error.message};
}
Failure not_acceptable(std::string_view offered) {
  return {406, orthanc_errors::kNotAcceptable, "this can be had as " + std::string(offered)};
}

Response failure_response(const Failure& failure, std::string_view method, std::string_view uri) {
  Json::Value v;
  v["HttpStatus"] = failure.http;
  v["HttpError"] = std::string(phrase(failure.http));
  v["OrthancStatus"] = failure.orthanc.code;
  for (const char* key : {"OrthancError", "Message"}) v[key] = std::string(failure.orthanc.message);
  // Some of it others have said, which may be any bytes.
  if (!failure.details.empty()) v["Details"] = repair_utf8(failure.details);
  if (!failure.payload.isNull()) v["ErrorPayload"] = failure.payload;
  v["Method"] = repair_utf8(method);
  v["Uri"] = std::string(uri);
  return {.status = failure.http, .body = json_text(v)};
}

Response failure_response(const Failure& failure, const Request& request) {
  return failure_response(failure, name(request.method), request.path_text);
}

}  // namespace dcmfs::rest
