#pragma once
// Vouching for what another process has stored: its rows are seen before its files are synced, and it may
// die in between. Thread safe.
#include <mutex>
#include <set>

#include "store/detail/folders.h"
#include "store/ids.h"
#include "store/result.h"

namespace dcmfs::detail {

class Connection;

class DurableFiles {
 public:
  explicit DurableFiles(const Folders& folders) : folders_(folders) {}

  // The file of an instance and its name are on the disk afterwards; of rows that are told as synced
  // (synced_rows.h) they are. An error also ever after a sync of it has failed: the kernel may hold for clean
  // what it could not write, so that a second sync would succeed and lie.
  Result<> ensure(Connection&, RowId);

 private:
  Result<> sync(RowId, int fd) const;

  const Folders& folders_;
  std::mutex mutex_;
  std::set<RowId> failed_;  // guarded by mutex_
};

}  // namespace dcmfs::detail
