#include "store/detail/durable_files.h"

#include "store/blob.h"
#include "store/detail/file_ops.h"
#include "store/detail/synced_rows.h"

namespace dcmfs::detail {

Result<> DurableFiles::ensure(Connection& db, RowId row) {
  DCMFS_TRY(const bool synced, is_synced(db, row));
  if (synced) return {};
  DCMFS_TRY(const auto blob, folders_.open_blob(row));
  const std::scoped_lock lock(mutex_);
  if (failed_.contains(row)) return Error{Errc::io, "a stored file could not be synced before"};
  auto done = sync(row, blob.fd());
  if (!done) failed_.insert(row);
  return done;
}

Result<> DurableFiles::sync(RowId row, int fd) const {
  DCMFS_CHECK(file_ops::sync_data(fd, "syncing a stored file"));
  const auto folder = folders_.blob_folder(row);
  for (const auto& each : {folder, folder.parent_path(), folders_.blobs()})
    DCMFS_CHECK(file_ops::sync_folder(each));
  return {};
}

}  // namespace dcmfs::detail
