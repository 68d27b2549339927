#pragma once
// JSON as this server writes it: UTF-8, indented, with a newline at the end.
#include <string>

namespace Json {
class Value;
}

namespace dcmfs::rest {

std::string json_text(const Json::Value&);

}  // namespace dcmfs::rest
