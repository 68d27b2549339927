#pragma once
// Who brings entries of the outbox to destinations of one sort, DICOM nodes or servers of DICOMweb;
// and the rules that are the same for all of them.
#include <chrono>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "store/backoff.h"
#include "store/outbox.h"
#include "store/store.h"

namespace dcmfs {

// Thread safe.
class Carrier {
 public:
  virtual ~Carrier() = default;
  virtual std::vector<std::string> destinations() const = 0;  // by their names in the outbox
  // For one destination at a time; 0: it is not known (any more).
  virtual int threads_max(const std::string& destination) const = 0;
  // In a thread of its own: sends until nothing was due for a moment, the destination does not
  // answer, or `stop`, which waits for the answer to what is being sent. `abort` does not wait.
  virtual void carry(const std::string& destination, std::stop_token stop,
                     std::stop_token abort) = 0;
};

struct DeliveryRules {
  Backoff backoff = {};
  int attempts_max = 300;  // of one entry, with its own failures: about a day
  // Told one line of what the administrator may want to know. Called from any thread.
  std::function<void(std::string_view)> log = [](std::string_view) {};
  // What happens once a destination has them: Outbox::done() at least.
  std::function<Result<>(Store&, std::span<const Outgoing>, Time now)> settle =
      [](Store& store, std::span<const Outgoing> sent, Time now) {
        return store.outbox().done(sent, now);
      };
};

}  // namespace dcmfs
