#pragma once
// What lies where in STORE, and what the file system below it must be.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "store/blob.h"
#include "store/ids.h"
#include "store/result.h"

namespace dcmfs::detail {

class Folders {
 public:
  explicit Folders(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path index() const { return root_ / "index.db"; }
  std::filesystem::path lock() const { return root_ / "lock"; }
  std::filesystem::path spool() const { return root_ / "spool"; }
  std::filesystem::path rejected() const { return root_ / "rejected"; }
  std::filesystem::path trash() const { return root_ / "trash"; }
  std::filesystem::path outbox() const { return root_ / "outbox"; }
  std::filesystem::path uploads() const { return root_ / "uploads"; }  // made by whoever uses it
  std::filesystem::path attachments() const { return root_ / "attachments"; }
  std::filesystem::path derived() const { return root_ / "derived"; }  // the same
  std::filesystem::path blobs() const { return root_ / "blobs"; }

  // blobs/0000/001: a thousand consecutive rows each, so that what arrives
  // together stands together and one fsync of the folder serves all of it.
  std::filesystem::path blob_folder(RowId) const;
  std::filesystem::path blob(RowId) const;
  Result<Blob> open_blob(RowId) const;
  // Calls `each` for every blob with a number above `after`, ascending, until it answers false.
  Result<> each_blob(RowId after, const std::function<bool(RowId)>& each) const;

  Result<> make_root() const;
  Result<> make() const;  // the rest
  // not_supported on a network file system (or one in user space): locks and
  // the index's shared memory are not to be trusted there.
  Result<> check_filesystem() const;

 private:
  std::filesystem::path root_;
};

}  // namespace dcmfs::detail
