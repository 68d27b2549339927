#include "store/detail/spool_folder.h"

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/detail/file_ops.h"

namespace dcmfs::detail {
namespace {

constexpr int kFolderAttemptsMax = 1000;

bool is_at(const Fd& folder, const std::filesystem::path& path) {
  struct stat opened {
  }, there{};
  return ::fstat(folder.get(), &opened) == 0 && ::stat(path.c_str(), &there) == 0 &&
         opened.st_ino == there.st_ino && opened.st_dev == there.st_dev;
}

Fd lock_folder(const std::filesystem::path& path) {
  Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) return {};
  // Whoever had the lock before may have removed the folder.
  if (!is_at(folder, path)) return {};
  return folder;
}

}  // namespace

Fd lock_dead(const std::filesystem::path& folder) {
  return lock_folder(folder);
}

Result<SpoolFolder> SpoolFolder::make(const std::filesystem::path& spool) {
  for (int attempt = 0; attempt < kFolderAttemptsMax; ++attempt) {
    auto path = spool / (std::to_string(::getpid()) + "-" + std::to_string(attempt));
    std::error_code there;
    if (std::filesystem::exists(path, there)) continue;  // this process's, or of a namesake
    DCMFS_CHECK(file_ops::make_folder(path));
    // Between the two, another process may take the folder for one without an owner.
    if (Fd lock = lock_folder(path)) return SpoolFolder(std::move(lock), std::move(path));
  }
  return Error{Errc::busy, "no free folder in the spool"};
}

SpoolFolder::SpoolFolder(SpoolFolder&& other) noexcept
    : lock_(std::move(other.lock_)), path_(std::move(other.path_)), last_(other.last_.load()) {
  other.path_.clear();
}

SpoolFolder::~SpoolFolder() {
  if (!path_.empty()) (void)file_ops::remove_folder(path_);
}

std::filesystem::path SpoolFolder::next_path() {
  return path_ / (std::to_string(++last_) + std::string(kPartSuffix));
}

Result<SpoolFile> SpoolFolder::file() {
  auto path = next_path();
  DCMFS_TRY(auto fd, file_ops::create(path, "making a spool file"));
  return SpoolFile(fd.release(), std::move(path));
}

Result<SpoolFile> SpoolFolder::adopt(const std::filesystem::path& path, std::string_view name) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return system_error(errno, "opening a file of the store");
  SpoolFile file(fd.release(), next_path());
  // The note comes first: a file in the spool that has none is dropped by a crash.
  auto moved = file.set_name(name);
  if (moved) moved = file.mark_complete();
  if (moved) moved = file_ops::rename(path, file.path(), "moving a file into the spool");
  if (!moved) return std::move(moved).error();
  return file;
}

}  // namespace dcmfs::detail
