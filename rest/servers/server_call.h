#pragma once
// What all calls of a server of DICOMweb have in common: which server, "Uri", "Arguments", "HttpHeaders" of the
// body, and what it means when it answers no.
#include <string>
#include <string_view>

#include <json/value.h>

#include "rest/http/error.h"
#include "rest/http/message.h"
#include "rest/peers.h"
#include "rest/services.h"

namespace dcmfs::rest {

// not_found.
Result<Peer> server_named(const Services&, const std::string& name);

struct ServerCall {
  std::string uri;  // below the server's URL, without a '/' at its beginning, with its query
  Headers headers = {};
};
// {"Uri": "/studies", "Arguments": {"PatientID": "1"}, "HttpHeaders": {}}. invalid_argument.
Result<ServerCall> server_call(const Json::Value& body);
// The same with a path of ours in the place of "Uri".
Result<ServerCall> server_call(const Json::Value& body, std::string_view path);

// Of an answer that is none: as text, for a person ("HTTP status 401: it does not know who we are").
std::string status_text(int status);
// What our client is told of it: 404 stays 404, all else is the network's (500).
Failure answer_failure(const Peer&, const HttpReply&);

}  // namespace dcmfs::rest
