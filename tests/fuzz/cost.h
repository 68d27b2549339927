#pragma once
// What something costs: processor time of this thread, and memory at its highest.
#include <cstdint>
#include <functional>

namespace dcmfs::fuzz {

// Far above what is seen on a slow machine, far below what a person takes for a hang.
inline constexpr double kSecondsMax = 5;
inline constexpr std::int64_t kMemoryMax = std::int64_t{512} << 20;

struct Cost {
  double seconds = 0;
  std::int64_t memory = 0;  // more of the resident set than before
};
Cost cost_of(const std::function<void()>& work);

double thread_seconds();
// Of the resident set since the last call of forget_peak_memory(); 0 where /proc does not tell.
std::int64_t peak_memory();
void forget_peak_memory();
bool is_sanitized();

}  // namespace dcmfs::fuzz
