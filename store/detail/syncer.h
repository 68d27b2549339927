#pragma once
// A thread that makes durable, within a second, what was committed without waiting for the disk.
// Under Durability::relaxed that is everything; under Durability::full the rows of files that are
// durable, which recovery would find again without them.
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "store/detail/fd.h"
#include "store/detail/folders.h"
#include "store/detail/index.h"

namespace dcmfs::detail {

// Everything that is committed now is durable afterwards, and the index says so. Only for who is alone
// and has seen every file: a sync does not tell of what failed before it.
Result<> sync_all(Index&, const Folders&);

class Syncer {
 public:
  Syncer(Index&, const Folders&, Durability);
  ~Syncer();  // syncs what is left

  // Something was committed; `unsynced`: new rows of this process whose files are not durable yet.
  void committed(std::optional<RowRange> unsynced);
  // Everything that is committed now is durable afterwards. An error also ever after a sync has
  // failed: what that lost nobody knows before the next start.
  Result<> sync_now();

 private:
  void run(std::stop_token);
  Result<> round();
  Result<> sync_everything();
  Result<> sync_index();

  Index& index_;
  const Folders& folders_;
  const Durability durability_;
  std::mutex syncing_;  // of one round at a time; guards what follows
  Fd root_;             // open all the time: its syncs tell of whatever fails in between
  // Until a sync fails. What could not be written the kernel may then hold for clean, so that the
  // next sync succeeds and lies: from there on none is told of, and the next start compares the files
  // with their hashes.
  bool is_trusted_ = true;
  std::vector<RowRange> untold_;  // synced
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool dirty_ = false;              // guarded by mutex_
  std::vector<RowRange> unsynced_;  // guarded by mutex_
  std::jthread thread_;
};

}  // namespace dcmfs::detail
