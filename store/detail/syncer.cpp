#include "store/detail/syncer.h"

#include <cerrno>
#include <chrono>

#include <fcntl.h>

#include "store/detail/file_ops.h"

namespace dcmfs::detail {
namespace {

constexpr std::chrono::milliseconds kGather{500};

}  // namespace

namespace {

Result<> sync_disk(Index& index, const Folders& folders) {
  const Fd root(::open(folders.root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return system_error(errno, "opening the store");
  DCMFS_CHECK(file_ops::sync_filesystem(root.get()));
  return index.sync();
}

Result<> note_synced(Index& index, RowId through) {
  DCMFS_TRY(auto batch, index.begin());
  DCMFS_CHECK(batch.set_synced_through(through));
  DCMFS_CHECK(file_ops::about_to_commit());
  return batch.commit();
}

}  // namespace

Result<> sync_all(Index& index, const Folders& folders) {
  // Asked for first: what is added meanwhile may or may not be reached.
  DCMFS_TRY(const RowId last, index.last_row());
  DCMFS_CHECK(sync_disk(index, folders));
  return note_synced(index, last);
}

Syncer::Syncer(Index& index, const Folders& folders, Durability durability)
    : index_(index),
      folders_(folders),
      durability_(durability),
      thread_([this](std::stop_token stop) { run(stop); }) {}

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

Result<> Syncer::round() {
  return durability_ == Durability::full ? sync_index() : sync_everything();
}

// A log that lost something in the middle would hide all that comes behind: it begins anew.
Result<> Syncer::sync_index() {
  return index_.sync() ? Result<>() : index_.write_log_back();
}

Result<> Syncer::sync_everything() {
  DCMFS_TRY(const RowId last, index_.last_row());
  if (auto synced = sync_disk(index_, folders_); !synced) {
    is_trusted_ = false;
    return synced;
  }
  return is_trusted_ ? note_synced(index_, last) : Result<>();
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
    const auto synced = round();
    lock.lock();
    if (!synced) dirty_ = true;  // the disk is full, perhaps: try again
    if (stop.stop_requested() && !synced) return;
  }
}

}  // namespace dcmfs::detail
