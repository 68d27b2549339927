#pragma once
// STORE/lock: every process that has the store open shares it, and the one that
// repairs the store has it alone.
#include <filesystem>

#include "store/detail/fd.h"
#include "store/result.h"

namespace dcmfs::detail {

class StoreLock {
 public:
  enum class Mode : bool { read_only, read_write };
  // Alone if nobody else has the store open, else shared, after waiting for whoever repairs it.
  static Result<StoreLock> take(const std::filesystem::path& file, Mode);
  // busy if another process has the store open.
  static Result<StoreLock> take_alone(const std::filesystem::path& file);

  bool alone() const { return alone_; }
  Result<> share();  // others may come in

 private:
  StoreLock(Fd fd, bool alone) : fd_(std::move(fd)), alone_(alone) {}

  Fd fd_;
  bool alone_;
};

}  // namespace dcmfs::detail
