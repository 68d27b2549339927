#pragma once
// The folder of a store as the daemon finds it, and who has it.
#include <filesystem>
#include <string>
#include <utility>

#include "store/result.h"

namespace dcmfs::tools {

// Makes the folder if it is not there (not its parents). Refuses one that holds something
// else than a store, so that swapped arguments do no harm. The answer is absolute.
Result<std::filesystem::path> prepare_store(const std::filesystem::path&);

// The same of a store that is there: makes nothing, so that a mistyped name makes no store.
// not_found: there is none.
Result<std::filesystem::path> require_store(const std::filesystem::path&);

// One daemon per store: an advisory lock on STORE/daemon.lock, which ends with its holder.
class DaemonLock {
 public:
  // busy: another daemon has it, and still has it after a second, in which one that ends could
  // have ended; the message names its process and mount point.
  static Result<DaemonLock> take(const std::filesystem::path& store);
  // Notes this process and its mount point for those who come later. A child of the process
  // that took the lock has it too.
  Result<> sign(const std::filesystem::path& mountpoint);
  DaemonLock(DaemonLock&&) noexcept;
  DaemonLock& operator=(DaemonLock&&) = delete;
  ~DaemonLock();

 private:
  explicit DaemonLock(int fd) : fd_(fd) {}
  int fd_;
};

// One process per store sends what is queued: an advisory lock on STORE/sender.lock, which ends
// with its holder.
class SenderLock {
 public:
  // busy: another one sends.
  static Result<SenderLock> take(const std::filesystem::path& store);
  SenderLock(SenderLock&&) noexcept;
  SenderLock& operator=(SenderLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~SenderLock();

 private:
  explicit SenderLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace dcmfs::tools
