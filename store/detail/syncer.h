#pragma once
// A thread that makes durable, within a second, what was committed without waiting for the disk.
// Under Durability::relaxed that is everything; under Durability::full the rows of files that are
// durable, which recovery would find again without them.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "store/detail/folders.h"
#include "store/detail/index.h"

namespace dcmfs::detail {

// Everything that is committed now is durable afterwards, and the index says so.
Result<> sync_all(Index&, const Folders&);

class Syncer {
 public:
  Syncer(Index&, const Folders&, Durability);
  ~Syncer();  // syncs what is left

  void wake();  // something was committed

 private:
  void run(std::stop_token);
  Result<> round();
  Result<> sync_everything();
  Result<> sync_index();

  Index& index_;
  const Folders& folders_;
  const Durability durability_;
  // Until a sync fails. What could not be written the kernel may then hold for clean, so that the
  // next sync succeeds and lies: from there on synced_through stays where it is, and the next start
  // compares the files above it with their hashes. Used by the thread only.
  bool is_trusted_ = true;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool dirty_ = false;  // guarded by mutex_
  std::jthread thread_;
};

}  // namespace dcmfs::detail
