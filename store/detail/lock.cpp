#include "store/detail/lock.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>

namespace dcmfs::detail {
namespace {

constexpr mode_t kLockMode = 0600;

Result<> lock(const Fd& fd, int how) {
  while (::flock(fd.get(), how) != 0) {
    if (errno != EINTR) return system_error(errno, "locking the store");
  }
  return {};
}

}  // namespace

Result<StoreLock> StoreLock::take(const std::filesystem::path& file, Mode mode) {
  const bool writes = mode == Mode::read_write;
  Fd fd(::open(file.c_str(), (writes ? O_RDWR | O_CREAT : O_RDONLY) | O_CLOEXEC, kLockMode));
  if (!fd) return system_error(errno, "opening the lock of the store");
  if (writes && lock(fd, LOCK_EX | LOCK_NB)) return StoreLock(std::move(fd), true);
  DCMFS_CHECK(lock(fd, LOCK_SH));
  return StoreLock(std::move(fd), false);
}

Result<StoreLock> StoreLock::take_alone(const std::filesystem::path& file) {
  Fd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kLockMode));
  if (!fd) return system_error(errno, "opening the lock of the store");
  if (!lock(fd, LOCK_EX | LOCK_NB)) {
    return Error{Errc::busy, "another program has the store open"};
  }
  return StoreLock(std::move(fd), true);
}

Result<> StoreLock::share() {
  DCMFS_CHECK(lock(fd_, LOCK_SH));
  alone_ = false;
  return {};
}

}  // namespace dcmfs::detail
