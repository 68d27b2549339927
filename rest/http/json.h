#pragma once
// JSON as this server reads and writes it. The one door for what comes from outside: JsonCpp's own
// defaults accept keys twice and text behind the end, and throw where values are nested too deep.
#include <cstdint>
#include <string>
#include <string_view>

#include <json/value.h>

#include "rest/http/message.h"
#include "store/result.h"

namespace dcmfs::rest {

// UTF-8, indented, with a newline at the end.
std::string json_text(const Json::Value&);
Response json_response(const Json::Value&);
// {}: what many calls of Orthanc answer.
Response empty_object();

// Any JSON value from outside. invalid_argument: no JSON, a key twice, nested more than 400 deep, not
// UTF-8, also where it is written as "\udc00"; too_large: of more than two million values.
Result<Json::Value> parse_json(std::string_view);
// What this program has written, which puts what came from outside a little deeper, and beside other
// values. invalid_argument.
Result<Json::Value> parse_own_json(std::string_view);
// The body as an object; an empty body is an empty object. invalid_argument: something else.
Result<Json::Value> json_object(const Request&);

// Members of an object; `otherwise` where they are absent or null. invalid_argument: another type.
Result<bool> json_bool(const Json::Value&, const char* key, bool otherwise);
Result<std::int64_t> json_number(const Json::Value&, const char* key, std::int64_t otherwise);
Result<std::string> json_string(const Json::Value&, const char* key, std::string_view otherwise);
Result<std::vector<std::string>> json_strings(const Json::Value&,
                                              const char* key);  // a list, or none

}  // namespace dcmfs::rest
