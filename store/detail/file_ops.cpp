#include "store/detail/file_ops.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dcmfs::detail::file_ops {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;
constexpr std::size_t kCopyBytes = 256 << 10;

Fault fault;
std::atomic<bool> fault_is_set{false};

int fault_at(Op op) {
  return fault_is_set.load(std::memory_order_acquire) ? fault(op) : 0;
}

// `call` answers like a system call, and is not made if a test wants it to fail.
template <class Call>
Result<int> perform(Op op, std::string_view what, const Call& call) {
  if (const int error = fault_at(op)) return system_error(error, what);
  int answer = 0;
  do answer = call();
  while (answer < 0 && errno == EINTR);
  if (answer < 0) return system_error(errno, what);
  return answer;
}

template <class Call>
Result<> done(Op op, std::string_view what, const Call& call) {
  DCMFS_CHECK(perform(op, what, call));
  return {};
}

Result<> copy_by_reading(int from, int to, off_t offset, std::string_view what) {
  std::array<std::byte, kCopyBytes> buffer;
  for (;;) {
    const ssize_t n = ::pread(from, buffer.data(), buffer.size(), offset);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno, what);
    if (n == 0) return {};
    DCMFS_CHECK(write_all(to, std::span(buffer.data(), static_cast<std::size_t>(n)), what));
    offset += n;
  }
}

}  // namespace

void set_fault(Fault new_fault) {
  fault_is_set.store(false);
  fault = std::move(new_fault);
  fault_is_set.store(static_cast<bool>(fault), std::memory_order_release);
}

Result<Fd> create(const Path& path, std::string_view what) {
  DCMFS_TRY(const int fd, perform(Op::create, what, [&] {
              return ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode);
            }));
  return Fd(fd);
}

Result<> write_all(int fd, std::span<const std::byte> bytes, std::string_view what) {
  if (const int error = fault_at(Op::write)) return system_error(error, what);
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno, what);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<> copy_all(int from, int to, std::string_view what) {
  if (const int error = fault_at(Op::copy)) return system_error(error, what);
  if (::ioctl(to, FICLONE, from) == 0) {
    ::lseek(to, 0, SEEK_END);
    return {};
  }
  off_t offset = 0;
  for (;;) {
    const ssize_t n = ::copy_file_range(from, &offset, to, nullptr, SSIZE_MAX / 2, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO)) {
      return system_error(errno, what);
    }
    // Other errors mean that these two files cannot be copied in this way. 0 is the
    // end, or a file system like /proc whose files have no size: reading tells.
    if (n <= 0) return copy_by_reading(from, to, offset, what);
  }
}

Result<> sync_data(int fd, std::string_view what) {
  return done(Op::sync, what, [&] { return ::fdatasync(fd); });
}

Result<> sync_folder(const Path& path) {
  const Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return system_error(errno, "opening a folder of the store");
  return done(Op::sync, "syncing a folder of the store", [&] { return ::fsync(folder.get()); });
}

Result<> sync_filesystem(int fd_on_it) {
  return done(Op::sync, "syncing the file system of the store", [&] { return ::syncfs(fd_on_it); });
}

void start_writeback(int fd) {
  ::sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

Result<> rename(const Path& from, const Path& to, std::string_view what) {
  return done(Op::rename, what, [&] { return ::rename(from.c_str(), to.c_str()); });
}

Result<> link(const Path& existing, const Path& name, std::string_view what) {
  return done(Op::link, what, [&] { return ::link(existing.c_str(), name.c_str()); });
}

Result<> unlink(const Path& path, std::string_view what) {
  return done(Op::unlink, what, [&] {
    const int answer = ::unlink(path.c_str());
    return answer < 0 && errno == ENOENT ? 0 : answer;
  });
}

Result<> make_folder(const Path& path) {
  return done(Op::make_folder, "making a folder of the store", [&] {
    const int answer = ::mkdir(path.c_str(), kFolderMode);
    return answer < 0 && errno == EEXIST ? 0 : answer;
  });
}

Result<> remove_folder(const Path& path) {
  return done(Op::remove_folder, "removing a folder of the store",
              [&] { return ::rmdir(path.c_str()); });
}

Result<> set_modified(int fd, Time time) {
  const timespec times[2] = {to_timespec(time), to_timespec(time)};
  return done(Op::set_time, "dating a file of the store", [&] { return ::futimens(fd, times); });
}

Result<> about_to_commit() {
  return done(Op::commit, "committing to the index", [] { return 0; });
}

}  // namespace dcmfs::detail::file_ops
