#pragma once
// Points in time, UTC, to the millisecond. Functions take the time; only the
// outermost layer asks for it.
#include <chrono>
#include <cstdint>
#include <ctime>

namespace dcmfs {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

inline Time now() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}
constexpr std::int64_t to_ms(Time t) {
  return t.time_since_epoch().count();
}
constexpr Time from_ms(std::int64_t ms) {
  return Time{std::chrono::milliseconds{ms}};
}

// Of files, as stat(2) has it.
constexpr Time to_time(const timespec& t) {
  return from_ms(std::int64_t{t.tv_sec} * 1000 + t.tv_nsec / 1'000'000);
}
constexpr timespec to_timespec(Time t) {
  return {to_ms(t) / 1000, to_ms(t) % 1000 * 1'000'000};
}
constexpr std::int64_t to_ns(const timespec& t) {
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}
constexpr timespec from_ns(std::int64_t ns) {
  return {ns / 1'000'000'000, ns % 1'000'000'000};
}

}  // namespace dcmfs
