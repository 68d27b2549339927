#pragma once
// What values of options may be, where more than one kind of option asks.
#include <cstdint>

#include <json/json.h>

namespace dcmfs::tools {

template <std::int64_t low, std::int64_t high>
bool number(Json::Value& v) {
  return v.isInt64() && v.type() != Json::realValue && v.asInt64() >= low && v.asInt64() <= high;
}

// PS3.5 6.2: at most 16 characters of the default repertoire, no backslash and no control
// characters; leading and trailing spaces are not significant, and taken away.
bool is_ae_title(Json::Value&);

}  // namespace dcmfs::tools
