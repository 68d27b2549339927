#pragma once
// A small process beside the daemon, for the case that the daemon is killed.
//
// One of its threads may then be telling the kernel what to forget, and wait in there for a folder
// that a program holds until its rm is answered, which now nobody does. (fuse_reverse_inval_entry
// takes the lock of the folder, and not even SIGKILL ends that wait.) Both would hang for ever,
// with the daemon's locks. The guard cuts the connection: programs get an error, and the next start
// finds everything free.
#include <filesystem>

#include <sys/types.h>

#include "store/result.h"

namespace dcmfs::tools {

class MountGuard {
 public:
  // Call from the main thread, before any other is started: what the guard notices is its end.
  static Result<MountGuard> start();
  MountGuard(MountGuard&&) noexcept;
  MountGuard& operator=(MountGuard&&) = delete;
  ~MountGuard();  // ends it

  void watch(const std::filesystem::path& mountpoint);

 private:
  MountGuard(pid_t process, int fd) : process_(process), fd_(fd) {}
  pid_t process_;
  int fd_;  // the guard reads at the other end
};

}  // namespace dcmfs::tools
