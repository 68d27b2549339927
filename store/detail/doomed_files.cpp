#include "store/detail/doomed_files.h"

#include <set>
#include <utility>

#include <sys/stat.h>

#include "store/detail/file_ops.h"

namespace dcmfs::detail {
namespace {

constexpr std::size_t kForgetAtOnce = 1000;

}  // namespace

void DoomedFiles::unlink(std::span<const RowId> rows) {
  std::size_t waiting = 0;
  for (const RowId row : rows) {
    const auto path = folders_.blob(row);
    struct stat status {};
    const bool was_there = ::stat(path.c_str(), &status) == 0;
    if (!file_ops::unlink(path, "removing a stored file")) continue;
    if (was_there) quota_.give_back(status.st_size);
    std::lock_guard lock(mutex_);
    unlinked_.push_back(row);
    waiting = unlinked_.size();
  }
  // A failure keeps them for the next time.
  if (waiting >= kForgetAtOnce) (void)forget();
}

Result<> DoomedFiles::forget() {
  std::vector<RowId> rows;
  {
    std::lock_guard lock(mutex_);
    rows.swap(unlinked_);
  }
  if (rows.empty()) return {};

  auto forgotten = [&]() -> Result<> {
    // An unlinked file must not come back after its number is forgotten.
    std::set<std::filesystem::path> touched;
    for (const RowId row : rows) touched.insert(folders_.blob_folder(row));
    for (const auto& folder : touched) {
      std::error_code error;
      if (std::filesystem::exists(folder, error)) DCMFS_CHECK(file_ops::sync_folder(folder));
    }
    DCMFS_TRY(auto batch, index_.begin());
    DCMFS_CHECK(batch.forget_doomed(rows));
    DCMFS_CHECK(file_ops::about_to_commit());
    return batch.commit();
  }();
  if (!forgotten) {
    std::lock_guard lock(mutex_);
    unlinked_.insert(unlinked_.end(), rows.begin(), rows.end());
  }
  return forgotten;
}

}  // namespace dcmfs::detail
