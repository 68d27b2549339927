#pragma once
// What proves that a file's bytes are those that were stored.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "store/result.h"

namespace dcmfs::detail {

struct Digest {
  std::int64_t size = 0;
  std::array<std::uint8_t, 32> sha256{};
  std::uint32_t crc32 = 0;  // of ZIP, which needs it before the bytes
  friend bool operator==(const Digest&, const Digest&) = default;
};

// Of a file that is still being written: what was written in one go is read while it is at hand.
// Thread safe; wrote() is called after each write, before anybody is told of it.
class RunningDigest {
 public:
  RunningDigest();
  ~RunningDigest();

  // The bytes from `offset` on were written (anew).
  void wrote(std::int64_t offset);
  std::int64_t at() const { return at_.load(); }  // as far as it was read
  // Reads on to `end`; at once if another thread does it, or if it would be in vain.
  Result<> advance(int fd, std::int64_t end);
  // Of the whole file, to which nobody writes any more.
  Result<Digest> finish(int fd);

 private:
  struct State;
  Result<> read_to(int fd, std::int64_t end);

  std::mutex mutex_;
  std::unique_ptr<State> state_;  // guarded by mutex_
  std::atomic<std::int64_t> at_{0};
  std::atomic<bool> rewritten_{false};
};

// Of the whole file, read from its start in one pass; the descriptor's position does not move.
Result<Digest> digest(int fd);

}  // namespace dcmfs::detail
