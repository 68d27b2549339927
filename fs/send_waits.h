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

  // It is tried at once. `then` gets 0 once the destination has it (or somebody gave it up), or the
  // errno of an attempt that failed: EHOSTUNREACH, ECONNREFUSED, ETIMEDOUT, EIO. The entry stays
  // queued then. Thread safe.
  void add(OutboxId, std::function<void(int error)> then);

 private:
  struct Wait {
    OutboxId entry;
    std::string destination;
    std::int64_t troubles;  // of the destination, before
    std::function<void(int)> then;
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
