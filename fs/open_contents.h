#pragma once
// The read-only files that are open, by the handle that the kernel was given. A handle that it was
// not given finds nothing: a number from outside never becomes a pointer. Thread safe.
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "fs/content.h"

namespace dcmfs::fs {

class OpenContents {
 public:
  std::uint64_t add(std::unique_ptr<Content> content) {
    const std::unique_lock lock(mutex_);
    open_.emplace(++last_handle_, std::move(content));
    return last_handle_;
  }
  // Shared with the reads under way. nullptr: not open.
  std::shared_ptr<Content> find(std::uint64_t handle) const {
    const std::shared_lock lock(mutex_);
    const auto open = open_.find(handle);
    return open == open_.end() ? nullptr : open->second;
  }
  std::size_t size() const {
    const std::shared_lock lock(mutex_);
    return open_.size();
  }
  void remove(std::uint64_t handle) {
    std::shared_ptr<Content> gone;  // closes its file when the lock is free
    const std::unique_lock lock(mutex_);
    const auto open = open_.find(handle);
    if (open == open_.end()) return;
    gone = std::move(open->second);
    open_.erase(open);
  }

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Content>> open_;  // guarded by mutex_
  std::uint64_t last_handle_ = 0;                                     // guarded by mutex_
};

}  // namespace dcmfs::fs
