#pragma once
// Points in time, UTC, to the millisecond. Functions take the time; only the
// outermost layer asks for it.
#include <chrono>
#include <cstdint>

namespace dcmfs {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

inline Time now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}
constexpr std::int64_t to_ms(Time t) { return t.time_since_epoch().count(); }
constexpr Time from_ms(std::int64_t ms) { return Time{std::chrono::milliseconds{ms}}; }

}  // namespace dcmfs
