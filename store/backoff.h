#pragma once
// How long to wait before the next attempt: longer each time, and not the same for everybody, so
// that many senders do not come back to a peer at one moment. A pure function; the caller has the
// random number.
#include <chrono>

namespace dcmfs {

struct Backoff {
  std::chrono::milliseconds first{2'000};
  std::chrono::milliseconds longest{300'000};
  double jitter = 0.25;  // of the delay, up or down
};

// `attempt` is how many have failed in a row (1: the first); `random` is in [0, 1).
std::chrono::milliseconds delay_before_retry(int attempt, double random, const Backoff& = {});

}  // namespace dcmfs
