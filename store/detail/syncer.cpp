#include "store/detail/syncer.h"

#include <cerrno>
#include <chrono>

#include <fcntl.h>

#include "store/detail/file_ops.h"
#include "store/guarded.h"

namespace dcmfs::detail {
namespace {

constexpr std::chrono::milliseconds kGather{500};

Fd open_root(const Folders& folders) {
  return Fd(::open(folders.root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

Result<> sync_disk(Index& index, const Fd& root) {
  if (!root) return Error{Errc::busy, "the store could not be opened to sync it"};
  DCMFS_CHECK(file_ops::sync_filesystem(root.get()));
  return index.sync();
}

Result<> note_synced(Index& index, std::span<const RowRange> ranges) {
  DCMFS_TRY(auto batch, index.begin());
  DCMFS_CHECK(batch.with([&](Connection& db) { return add_synced(db, ranges); }));
  DCMFS_CHECK(file_ops::about_to_commit());
  return batch.commit();
}

}  // namespace

Result<> sync_all(Index& index, const Folders& folders) {
  // Asked for first: what is added meanwhile may or may not be reached.
  DCMFS_TRY(const RowId last, index.last_row());
  DCMFS_CHECK(sync_disk(index, open_root(folders)));
  const RowRange all{RowId{1}, last};
  return last < all.first ? Result<>() : note_synced(index, std::span(&all, 1));
}

Syncer::Syncer(Index& index, const Folders& folders, Durability durability)
    : index_(index),
      folders_(folders),
      durability_(durability),
      root_(open_root(folders)),
      thread_([this](std::stop_token stop) { run(stop); }) {}

Syncer::~Syncer() {
  thread_.request_stop();
  thread_.join();
}

void Syncer::committed(std::optional<RowRange> unsynced) {
  {
    std::lock_guard lock(mutex_);
    dirty_ = true;
    if (unsynced) append(unsynced_, *unsynced);
  }
  changed_.notify_one();
}

Result<> Syncer::sync_now() {
  DCMFS_CHECK(round());
  const std::lock_guard lock(syncing_);
  return is_trusted_ ? Result<>() : Error{Errc::io, "what a failed sync has lost is not known"};
}

Result<> Syncer::round() {
  const std::lock_guard lock(syncing_);
  return durability_ == Durability::full ? sync_index() : sync_everything();
}

// A log that lost something in the middle would hide all that comes behind: it begins anew.
Result<> Syncer::sync_index() {
  return index_.sync() ? Result<>() : index_.write_log_back();
}

Result<> Syncer::sync_everything() {
  std::vector<RowRange> rows;
  {
    // Before the sync: it may or may not reach what is added meanwhile.
    const std::lock_guard lock(mutex_);
    rows.swap(unsynced_);
  }
  if (!root_) root_ = open_root(folders_);  // there were too many open files
  if (auto synced = sync_disk(index_, root_); !synced) {
    if (synced.error().code == Errc::busy) {  // something could not be opened: nothing was lost
      const std::lock_guard lock(mutex_);
      unsynced_.insert(unsynced_.begin(), rows.begin(), rows.end());
    } else {
      is_trusted_ = false;
    }
    return synced;
  }
  if (!is_trusted_) return {};
  for (const RowRange& range : rows) append(untold_, range);
  if (untold_.empty()) return {};
  DCMFS_CHECK(note_synced(index_, untold_));
  untold_.clear();
  return {};
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
    const auto synced = guarded([this] { return round(); });
    lock.lock();
    if (!synced) dirty_ = true;  // the disk is full, perhaps: try again
    if (stop.stop_requested() && !synced) return;
  }
}

}  // namespace dcmfs::detail
