#pragma once
// Pauses of a thread that a stop ends.
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace dcmfs {

// Waits so long, or until a stop is requested. True: it is.
inline bool stopped_within(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  return never.wait_for(lock, stop, time, [&stop] { return stop.stop_requested(); });
}

inline void wait_for_stop(const std::stop_token& stop) {
  while (!stopped_within(stop, std::chrono::hours(24))) {
  }
}

}  // namespace dcmfs
