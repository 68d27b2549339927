#include "tests/fuzz/cost.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include <malloc.h>
#include <time.h>

namespace dcmfs::fuzz {

double thread_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

std::int64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtoll(line.c_str() + 6, nullptr, 10) << 10;
  }
  return 0;
}

void forget_peak_memory() {
  ::malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";
}

Cost cost_of(const std::function<void()>& work) {
  forget_peak_memory();
  const std::int64_t memory = peak_memory();
  const double begin = thread_seconds();
  work();
  return {thread_seconds() - begin, peak_memory() - memory};
}

bool is_sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#elif defined(__has_feature)
  return __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
  return false;
#endif
}

}  // namespace dcmfs::fuzz
