#pragma once
// StoreOptions::size_max_bytes. Counting all files of a large store takes long,
// so the sum is read once and then kept; it is read again after a refusal,
// because other processes add and remove as well. Thread safe.
#include <chrono>
#include <cstdint>
#include <mutex>

#include "store/detail/index.h"

namespace dcmfs::detail {

class Quota {
 public:
  Quota(const Index& index, std::int64_t max_bytes) : index_(index), max_bytes_(max_bytes) {}

  // Reads the sum if it is not known; to be called outside of a batch.
  Result<> refresh();
  Result<> take(std::int64_t bytes);
  // Whether take() would do now.
  Result<> check(std::int64_t bytes);
  void give_back(std::int64_t bytes);

 private:
  Result<> has_room(std::int64_t bytes);  // with the lock

  const Index& index_;
  const std::int64_t max_bytes_;
  std::mutex mutex_;
  std::int64_t used_ = 0;  // the rest is guarded by mutex_
  bool known_ = false;
  std::chrono::steady_clock::time_point read_at_;
};

}  // namespace dcmfs::detail
