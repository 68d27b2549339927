#include "rest/error.h"

#include <json/json.h>

#include "rest/json.h"

namespace dcmfs::rest {
namespace {

// The phrases of RFC 9110 section 15.
std::string_view phrase(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 507:
      return "Insufficient Storage";
    default:
      return "Internal Server Error";
  }
}

}  // namespace

Failure failure_of(const Error& error) {
  switch (error.code) {
    case Errc::not_found:
      return {404, 7, "InexistentItem", error.message};
    case Errc::already_exists:
      return {409, 46, "DuplicateResource", error.message};
    case Errc::invalid_argument:
      return {400, 8, "BadRequest", error.message};
    case Errc::not_dicom:
      return {400, 15, "BadFileFormat", error.message};
    case Errc::corrupt:
      return {400, 20, "CorruptedFile", error.message};
    case Errc::not_supported:
      return {415, 2, "NotImplemented", error.message};
    case Errc::too_large:
      return {413, 3, "ParameterOutOfRange", error.message};
    case Errc::no_space:
    case Errc::over_quota:
      return {507, 19, "FullStorage", error.message};
    case Errc::denied:
      return {403, 45, "ForbiddenAccess", error.message};
    case Errc::io:
      return {500, 11, "Database", error.message};
    case Errc::busy:
      return {503, 36, "DatabaseUnavailable", error.message};
    case Errc::cancelled:
      return {503, 37, "CanceledJob", error.message};
    case Errc::timed_out:
      return {504, 16, "Timeout", error.message};
  }
  return {500, -1, "InternalError", error.message};
}

Failure no_such_path() {
  return {404, 17, "UnknownResource", "there is nothing at this path"};
}
Failure method_not_allowed() {
  return {405, 8, "BadRequest", "not with this method; see Allow"};
}
Failure not_authenticated() {
  return {401, 29, "Unauthorized", "a registered user is needed"};
}
Failure too_busy() {
  return {503, 36, "DatabaseUnavailable", "too many requests at a time"};
}

std::string failure_body(const Failure& failure, std::string_view method, std::string_view uri) {
  Json::Value v;
  v["HttpStatus"] = failure.http;
  v["HttpError"] = std::string(phrase(failure.http));
  v["OrthancStatus"] = failure.orthanc;
  v["OrthancError"] = std::string(failure.orthanc_name);
  v["Message"] = failure.message;
  v["Method"] = std::string(method);
  v["Uri"] = std::string(uri);
  return json_text(v);
}

}  // namespace dcmfs::rest
