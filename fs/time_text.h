#pragma once
// A point in time as the files of the mount tell it: ISO 8601, UTC.
#include <ctime>
#include <string>

#include "store/time.h"

namespace dcmfs::fs {

inline std::string iso_8601(Time t) {
  const auto seconds = static_cast<std::time_t>(to_ms(t) / 1000);
  std::tm tm{};
  gmtime_r(&seconds, &tm);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
  return text;
}

}  // namespace dcmfs::fs
