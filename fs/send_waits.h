#pragma once
// Who waits for what became of an entry of the outbox: fsync in modalities/. One thread waits for
// all of them.
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "store/store.h"

namespace dcmfs::fs {

class SendWaits {
 public:
  explicit SendWaits(Store&);
  ~SendWaits();  // those who wait are told EINTR

  // It is tried at once. `then` gets 0 once the destination has it (whether it commits to it or not, or
  // somebody gave it up), or the errno of an attempt that failed: EHOSTUNREACH, ECONNREFUSED,
  // ETIMEDOUT, EIO. The entry stays queued then. EINTR: `gave_up`, which is asked now and then until
  // `then` is called, told that nobody waits any more. Thread safe.
  void add(OutboxId, std::function<void(int error)> then, std::function<bool()> gave_up);

 private:
  struct Wait {
    OutboxId entry;
    std::string destination;
    std::int64_t troubles;  // of the destination, before
    std::function<void(int)> then;
    std::function<bool()> gave_up;
  };
  void run(std::stop_token);
  void look();
  std::optional<int> outcome(const Wait&) const;

  Store& store_;
  std::mutex mutex_;
  std::list<Wait> waits_;  // guarded by mutex_; a list, so that to go over them needs no memory
  std::jthread thread_;    // last
};

}  // namespace dcmfs::fs
