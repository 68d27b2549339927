#include "rest/servers/server_call.h"

#include <algorithm>

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/http/percent.h"

namespace dcmfs::rest {
namespace {

// What an administrator can do something about.
struct StatusMeaning {
  int status;
  std::string_view text;
};
constexpr StatusMeaning kMeanings[] = {
    {400, "it does not understand the request"},
    {401, "it wants another user or password"},
    {403, "it does not allow this"},
    {404, "it has nothing at this URL"},
    {405, "it does not take this at this URL"},
    {406, "it cannot answer in the form that was asked for"},
    {409, "it stored nothing of what was sent"},
    {413, "it takes no request as large as this"},
    {415, "it does not take this media type or transfer syntax"},
    {429, "it was asked too often"},
    {500, "it failed"},
    {502, "what stands behind it does not answer"},
    {503, "it is too busy"},
    {504, "what stands behind it does not answer"},
    {507, "its storage is full"},
};

Result<std::string> argument_text(const Json::Value& v) {
  if (!v.isString() && !v.isNumeric() && !v.isBool())
    return Error{Errc::invalid_argument, "\"Arguments\" must be an object of texts"};
  return v.asString();
}

// RFC 3986 3.4 lets these stand as they are, and Orthanc's plugin 1.7 does not decode them.
std::string query_encoded(const std::string& text) {
  std::string out;
  for (const char c : text)
    out +=
        c == '*' || c == ',' || c == ':' || c == '/' ? std::string(1, c) : percent_encoded({&c, 1});
  return out;
}

}  // namespace

Result<Peer> server_named(const Services& services, const std::string& name) {
  auto server = services.servers->get(name);
  if (!server) return Error{Errc::not_found, "no DICOMweb server " + told_name(name)};
  return *std::move(server);
}

Result<ServerCall> server_call(const Json::Value& body) {
  DCMFS_TRY(const auto uri, json_string(body, "Uri", ""));
  if (uri.empty()) return Error{Errc::invalid_argument, "expected \"Uri\", such as \"/studies\""};
  return server_call(body, uri);
}

Result<ServerCall> server_call(const Json::Value& body, std::string_view path) {
  ServerCall call{.uri =
                      std::string(path.substr(std::min(path.find_first_not_of('/'), path.size())))};
  const Json::Value& arguments = body["Arguments"];
  if (!arguments.isNull() && !arguments.isObject())
    return Error{Errc::invalid_argument, "\"Arguments\" must be an object of texts"};
  for (const auto& name : arguments.getMemberNames()) {
    DCMFS_TRY(const auto value, argument_text(arguments[name]));
    call.uri += call.uri.find('?') == std::string::npos ? '?' : '&';
    call.uri += query_encoded(name) + '=' + query_encoded(value);
  }
  DCMFS_TRY(call.headers, parse_headers(body["HttpHeaders"]));
  return call;
}

std::string status_text(int status) {
  const auto text = "HTTP status " + std::to_string(status);
  const auto found = std::ranges::find(kMeanings, status, &StatusMeaning::status);
  return found == std::end(kMeanings) ? text : text + ": " + std::string(found->text);
}

Failure answer_failure(const Peer& server, const HttpReply& reply) {
  const auto details = server.url + " answers " + status_text(reply.status);
  if (reply.status == 404) return {404, orthanc_errors::kUnknownResource, details};
  return network_failure(Error{Errc::io, details});
}

}  // namespace dcmfs::rest
