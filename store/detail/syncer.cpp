#include "store/detail/syncer.h"

#include <cerrno>
#include <chrono>

#include <fcntl.h>

#include "store/detail/file_ops.h"

namespace dcmfs::detail {
namespace {

constexpr std::chrono::milliseconds kGather{500};

}  // namespace

Result<> sync_all(Index& index, const Folders& folders) {
  // Asked for first: what is added meanwhile may or may not be reached.
  DCMFS_TRY(const RowId last, index.last_row());
  const Fd root(::open(folders.root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return system_error(errno, "opening the store");
  DCMFS_CHECK(file_ops::sync_filesystem(root.get()));
  DCMFS_CHECK(index.sync());
  DCMFS_TRY(auto batch, index.begin());
  DCMFS_CHECK(batch.set_synced_through(last));
  DCMFS_CHECK(file_ops::about_to_commit());
  return batch.commit();
}

Syncer::Syncer(Index& index, const Folders& folders)
    : index_(index), folders_(folders), thread_([this](std::stop_token stop) { run(stop); }) {}

Syncer::~Syncer() {
  thread_.request_stop();
  thread_.join();
}

void Syncer::wake() {
  {
    std::lock_guard lock(mutex_);
    dirty_ = true;
  }
  changed_.notify_one();
}

void Syncer::run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, stop, [&] { return dirty_; });
    // More will come: one round serves all of it. A stop ends the wait.
    changed_.wait_for(lock, stop, kGather, [] { return false; });
    if (!dirty_) return;
    dirty_ = false;
    lock.unlock();
    const auto synced = sync_all(index_, folders_);
    lock.lock();
    if (!synced) dirty_ = true;  // the disk is full, perhaps: try again
    if (stop.stop_requested() && !synced) return;
  }
}

}  // namespace dcmfs::detail
