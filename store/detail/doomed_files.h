#pragma once
// The second half of a removal. The index gives up an instance and notes its
// number as doomed, in one commit; then the file is unlinked; then, when many
// have come together, the index forgets the numbers. After a crash the next
// start finds them and goes on. Thread safe.
#include <mutex>
#include <span>
#include <vector>

#include "store/detail/folders.h"
#include "store/detail/index.h"
#include "store/detail/quota.h"

namespace dcmfs::detail {

class DoomedFiles {
 public:
  DoomedFiles(Index& index, const Folders& folders, Quota& quota)
      : index_(index), folders_(folders), quota_(quota) {}

  // After the commit that doomed them. A file that cannot be unlinked now stays
  // doomed until the next start.
  void unlink(std::span<const RowId>);
  // Takes the numbers of the unlinked files out of the index.
  Result<> forget();

 private:
  Index& index_;
  const Folders& folders_;
  Quota& quota_;
  std::mutex mutex_;
  std::vector<RowId> unlinked_;  // guarded by mutex_
};

}  // namespace dcmfs::detail
