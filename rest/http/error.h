#pragma once
// Errors as HTTP tells them, with the body that clients of Orthanc read.
#include <string>
#include <string_view>

#include <json/value.h>

#include "rest/http/message.h"
#include "store/result.h"

namespace dcmfs::rest {

// The codes of Orthanc's API that this server answers with.
struct OrthancError {
  int code;
  std::string_view message;  // Message and OrthancError: the same for all of its kind
};
namespace orthanc_errors {
inline constexpr OrthancError kInternal{-1, "Internal error"};
inline constexpr OrthancError kNotImplemented{2, "Not implemented yet"};
inline constexpr OrthancError kOutOfRange{3, "Parameter out of range"};
inline constexpr OrthancError kBadType{5, "Bad type for a parameter"};
inline constexpr OrthancError kNoSuchItem{7, "Accessing an inexistent item"};
inline constexpr OrthancError kBadRequest{8, "Bad request"};
inline constexpr OrthancError kNetwork{9, "Error in the network protocol"};
inline constexpr OrthancError kDatabase{11, "Error with the database engine"};
inline constexpr OrthancError kBadFile{15, "Bad file format"};
inline constexpr OrthancError kTimeout{16, "Timeout"};
inline constexpr OrthancError kUnknownResource{17, "Unknown resource"};
inline constexpr OrthancError kFullStorage{19, "The file storage is full"};
inline constexpr OrthancError kCorrupted{20, "Corrupted file (e.g. inconsistent MD5 hash)"};
inline constexpr OrthancError kUnknownTag{27, "Unknown DICOM tag"};
inline constexpr OrthancError kUnauthorized{29, "The user is not authorized"};
inline constexpr OrthancError kNotAcceptable{
    34, "Cannot send a response which is acceptable according to the Accept HTTP header"};
inline constexpr OrthancError kUnavailable{
    36, "The database is currently not available (probably a transient situation)"};
inline constexpr OrthancError kCanceled{37, "This job was canceled"};
inline constexpr OrthancError kForbidden{45, "The HTTP access to this resource is forbidden"};
inline constexpr OrthancError kInherited{
    2020, "Trying to override a value inherited from a parent module"};
inline constexpr OrthancError kDuplicate{46, "Duplicate resource"};
}  // namespace orthanc_errors

struct Failure {
  int http;  // status
  OrthancError orthanc;
  std::string details;       // what happened, for a person
  Json::Value payload = {};  // the same for a program: ErrorPayload; null: there is none
};

Failure failure_of(const Error&);

// Failures that no handler causes.
Failure no_such_path();
Failure method_not_allowed();
Failure not_authenticated();
Failure read_only_user();
Failure foreign_page();
Failure too_busy();

// Of a peer, by DICOM or HTTP, that could not be reached or said no.
Failure network_failure(const Error&);
Failure not_acceptable(std::string_view offered);

// What a client called something, as an error tells it back: its beginning, in UTF-8.
std::string told_name(std::string_view);

std::string_view phrase(int status);  // of RFC 9110 section 15
Response failure_response(const Failure&, std::string_view method, std::string_view uri);
// For a handler.
Response failure_response(const Failure&, const Request&);

}  // namespace dcmfs::rest
