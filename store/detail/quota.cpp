#include "store/detail/quota.h"

#include <algorithm>

namespace dcmfs::detail {
namespace {

// A full store that is offered one file after the other must not count itself each time.
constexpr std::chrono::seconds kRecountAfter{1};

}  // namespace

Result<> Quota::refresh() {
  if (max_bytes_ == 0) return {};
  std::lock_guard lock(mutex_);
  if (known_) return {};
  DCMFS_TRY(const auto statistics, index_.statistics());
  used_ = statistics.bytes;
  known_ = true;
  read_at_ = std::chrono::steady_clock::now();
  return {};
}

Result<> Quota::take(std::int64_t bytes) {
  if (max_bytes_ == 0) return {};
  std::lock_guard lock(mutex_);
  DCMFS_CHECK(has_room(bytes));
  used_ += bytes;
  return {};
}

Result<> Quota::check(std::int64_t bytes) {
  if (max_bytes_ == 0) return {};
  DCMFS_CHECK(refresh());
  std::lock_guard lock(mutex_);
  return has_room(bytes);
}

Result<> Quota::has_room(std::int64_t bytes) {
  if (used_ + bytes <= max_bytes_) return {};
  if (std::chrono::steady_clock::now() - read_at_ > kRecountAfter) known_ = false;
  return Error{Errc::over_quota, "the store has reached its maximum size"};
}

void Quota::give_back(std::int64_t bytes) {
  std::lock_guard lock(mutex_);
  used_ = std::max<std::int64_t>(0, used_ - bytes);
}

}  // namespace dcmfs::detail
