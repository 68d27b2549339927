#include "store/worklist_folder.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

#include "store/detail/fd.h"
#include "store/detail/file_ops.h"
#include "store/dicom/byte_source.h"

namespace dcmfs {
namespace {

namespace file_ops = detail::file_ops;

Result<> check_item(int fd, std::int64_t size, std::string_view name) {
  if (size > kWorklistItemBytesMax)
    return Error{Errc::too_large, "a worklist item of more than 1 MiB"};
  std::string bytes(static_cast<std::size_t>(size), '\0');
  DCMFS_CHECK(file_source(fd, size)->read(0, std::as_writable_bytes(std::span(bytes))));
  DCMFS_CHECK(read_worklist_item(name, bytes));
  return {};
}

}  // namespace

Result<WorklistFolder::File> WorklistFolder::find(std::string_view name) const {
  struct stat status {};
  if (::stat((folder_ / name).c_str(), &status) != 0) return system_error(errno, "a worklist item");
  if (!S_ISREG(status.st_mode)) return Error{Errc::not_found, "a worklist item: not a file"};
  return File{status.st_ino, status.st_size, to_ns(status.st_mtim)};
}

Result<std::vector<std::string>> WorklistFolder::names() const {
  std::vector<std::string> names;
  std::error_code failed;
  std::filesystem::directory_iterator entries(folder_, failed);
  if (failed == std::errc::no_such_file_or_directory) return names;
  for (; !failed && entries != std::filesystem::directory_iterator(); entries.increment(failed))
    names.push_back(entries->path().filename().string());
  if (failed) return system_error(failed.value(), "the folder of worklists");
  return names;
}

Result<std::int64_t> WorklistFolder::changed() const {
  struct stat status {};
  if (::stat(folder_.c_str(), &status) != 0) return system_error(errno, "the folder of worklists");
  return to_ns(status.st_mtim);
}

Result<Blob> WorklistFolder::open(std::string_view name) const {
  DCMFS_TRY(const auto file, find(name));
  const int fd = ::open((folder_ / name).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return system_error(errno, "opening a worklist item");
  return Blob(fd, file.size);
}

Result<> WorklistFolder::check_room(std::string_view name) const {
  if (find(name)) return {};  // it takes the place of that
  DCMFS_TRY(const auto all, names());
  if (all.size() < files_max_) return {};
  return Error{Errc::no_space, "there are too many worklist items"};
}

Result<WorklistFolder::File> WorklistFolder::put(SpoolFile& file, std::string_view name,
                                                 Time modified) {
  DCMFS_TRY(const auto size, file.size());
  DCMFS_CHECK(check_item(file.fd(), size, name));
  DCMFS_CHECK(check_room(name));
  std::error_code failed;
  if (!std::filesystem::is_directory(folder_, failed)) {
    DCMFS_CHECK(file_ops::make_folder(folder_));
    DCMFS_CHECK(file_ops::sync_folder(folder_.parent_path()));
  }
  DCMFS_CHECK(file_ops::set_modified(file.fd(), modified));
  DCMFS_CHECK(file_ops::sync_data(file.fd(), "syncing a worklist item"));
  DCMFS_CHECK(file_ops::rename(file.path(), folder_ / name, "moving a worklist item to its place"));
  file.release_name();
  DCMFS_CHECK(file_ops::sync_folder(folder_));
  return find(name);
}

Result<> WorklistFolder::rename(std::string_view name, std::string_view new_name) {
  if (is_worklist_name(new_name)) {
    DCMFS_TRY(const auto blob, open(name));
    DCMFS_CHECK(check_item(blob.fd(), blob.size(), new_name));
  }
  DCMFS_CHECK(file_ops::rename(folder_ / name, folder_ / new_name, "renaming a worklist item"));
  return file_ops::sync_folder(folder_);
}

Result<> WorklistFolder::remove(std::string_view name) {
  DCMFS_CHECK(file_ops::unlink(folder_ / name, "removing a worklist item"));
  // Else a step that was called off might come back.
  const auto synced = file_ops::sync_folder(folder_);
  return synced || synced.error().code == Errc::not_found ? Result<>() : synced;
}

Result<> WorklistFolder::set_modified(std::string_view name, Time time) {
  const detail::Fd file(::open((folder_ / name).c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return system_error(errno, "dating a worklist item");
  return file_ops::set_modified(file.get(), time);
}

}  // namespace dcmfs
