#pragma once
// Brings entries of the outbox to DICOM nodes, by C-STORE.
//
// Each thread of a destination (store/outbox_workers.h) has one association that it uses again. Where
// nobody answers the whole queue of the destination waits, longer each time (store/backoff.h).
//
// Thread safe.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/destinations.h"
#include "store/carrier.h"
#include "store/store.h"

namespace dcmfs::net {

struct SenderOptions {
  Calling calling = {};
  Backoff backoff = {};
  // How often it looks for what other processes have put: they are not heard of.
  std::chrono::milliseconds look_every{1'000};
  // Who copies a folder puts one file after the other: an association waits that long for the next.
  std::chrono::milliseconds linger{500};
  std::chrono::milliseconds patience_at_end{2'000};  // with peers that may be about to answer
  int attempts_max = 300;  // of one entry, with its own failures: about a day
  // Told one line of what the administrator may want to know. Called from any thread.
  std::function<void(std::string_view)> log = [](std::string_view) {};
};

// All must outlive it.
std::unique_ptr<Carrier> dicom_carrier(Store&, const Destinations&, SenderOptions);

// That and nothing else: OutboxWorkers with this one carrier.
class Sender {
 public:
  // Both must outlive it.
  static Result<std::unique_ptr<Sender>> start(Store&, const Destinations&, SenderOptions);
  // What is being sent is finished if its answer comes at once, else sent again another time.
  ~Sender();

 private:
  struct Parts;
  explicit Sender(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace dcmfs::net
