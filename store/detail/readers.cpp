#include "store/detail/readers.h"

#include <string>

namespace dcmfs::detail {
namespace {

// No memory map: a read error of the disk would then be a signal, not an Error.
constexpr char kPragmas[] = "PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY;";

Result<std::unique_ptr<Connection>> open_reader(const std::filesystem::path& file,
                                                Connection::Access access) {
  DCMFS_TRY(auto connection, Connection::open(file, access));
  DCMFS_CHECK(connection->script(kPragmas));
  // SQLite opens the file only when the first statement needs it.
  DCMFS_CHECK(connection->integer("SELECT count(*) FROM sqlite_schema"));
  return connection;
}

}  // namespace

Readers::Lease::~Lease() {
  if (!connection_ || !reusable_) return;
  const std::lock_guard lock(from_->mutex_);
  if (from_->idle_.size() < kIdleMax) from_->idle_.push_back(std::move(connection_));
}

Result<Readers::Lease> Readers::lease() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return Lease(this, std::move(connection), true);
    }
  }
  auto opened = open_reader(file_, Connection::Access::read_only);
  if (opened) return Lease(this, *std::move(opened), true);
  // Whoever may not write into the folder (another user, a CD) cannot make the files that
  // readers and writers share. Where there are none, nobody writes. That may change, so
  // such a connection serves one call.
  std::error_code ignored;
  if (!std::filesystem::exists(file_, ignored) ||
      std::filesystem::exists(file_.string() + "-wal", ignored))
    return std::move(opened).error();
  DCMFS_TRY(auto connection, open_reader(file_, Connection::Access::immutable));
  return Lease(this, std::move(connection), false);
}

}  // namespace dcmfs::detail
