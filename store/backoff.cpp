#include "store/backoff.h"

#include <algorithm>
#include <cmath>

namespace dcmfs {

std::chrono::milliseconds delay_before_retry(int attempt, double random, const Backoff& limits) {
  constexpr int kDoublingsMax = 40;  // behind that every limit is passed
  const int doublings = std::clamp(attempt - 1, 0, kDoublingsMax);
  const double longest = static_cast<double>(limits.longest.count());
  const double delay =
      std::min(std::ldexp(static_cast<double>(limits.first.count()), doublings), longest);
  const double spread = 1 + limits.jitter * (2 * std::clamp(random, 0.0, 1.0) - 1);
  return std::chrono::milliseconds(static_cast<std::int64_t>(delay * spread));
}

}  // namespace dcmfs
