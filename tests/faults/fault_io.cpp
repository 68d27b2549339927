// Preloaded into a program (LD_PRELOAD): changes to the files below one folder are counted, and the
// Nth fails, or the program dies at it. So the whole program is tested, with SQLite and libfuse in
// it, and not only what passes through a seam of ours.
//
//   DCMFS_FAULT_ROOT     the folder, as the kernel calls it
//   DCMFS_FAULT_CONTROL  a file that holds a Control (control.h)
//   DCMFS_FAULT_DISK     see durable_image.h

// Both names of a function are defined here: with this one set, the headers make them the same.
#undef _FILE_OFFSET_BITS
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/faults/control.h"
#include "tests/faults/durable_image.h"

namespace dcmfs::faults {
namespace {

std::string environment(const char* name) {
  const char* value = ::getenv(name);
  return value == nullptr ? "" : value;
}

const std::string& root() {
  static const auto& folder = *new std::string(environment("DCMFS_FAULT_ROOT"));  // for ever
  return folder;
}

Control* map_control() {
  const int fd = ::open(environment("DCMFS_FAULT_CONTROL").c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return nullptr;
  void* mapped = ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  return mapped == MAP_FAILED ? nullptr : static_cast<Control*>(mapped);
}

Control* control() {
  static Control* const shared = map_control();
  return shared;
}

bool is_ours(std::string_view path) {
  return !root().empty() && path.starts_with(root()) &&
         (path.size() == root().size() || path[root().size()] == '/');
}

std::string path_of(int fd) {
  char link[64], target[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = ::readlink(link, target, sizeof target);
  return n > 0 ? std::string(target, static_cast<std::size_t>(n)) : std::string();
}

// `half`: what a write does of itself before the program dies at it.
template <class Half>
int fault(Kind kind, const char* name, std::string_view path, const Half& half) {
  Control* const c = control();
  if (c == nullptr || (c->kinds & kind) == 0 || !is_ours(path)) return 0;
  const auto n = ++c->seen;
  const auto at = c->fail_at.load();
  const auto mode = c->mode.load();
  if (at == 0 || n < at || (n > at && mode != Mode::onwards)) return 0;
  if (c->failed++ == 0) {
    std::snprintf(c->what, sizeof c->what, "%s %s", name, std::string(path).c_str());
  }
  if (mode == Mode::once || mode == Mode::onwards) return static_cast<int>(c->error.load());
  if (mode == Mode::die) {
    half();
    ::kill(::getpid(), SIGKILL);
  }
  for (;;) ::pause();
}

int fault(Kind kind, const char* name, std::string_view path) {
  return fault(kind, name, path, [] {});
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

int refused(int error) {
  errno = error;
  return -1;
}

bool makes_files(int flags) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

mode_t mode_of(int flags, va_list arguments) {
  return makes_files(flags) ? va_arg(arguments, mode_t) : 0;
}

}  // namespace
}  // namespace dcmfs::faults

using namespace dcmfs::faults;

// The function of that name behind this one.
#define NEXT(name) static auto* const real = ::dcmfs::faults::next<decltype(::name)>(#name)
// Fails as the kernel would if it is the turn of this operation.
#define FAULT(kind, path) \
  if (const int error = fault(kind, __func__, path)) return refused(error)
#define FAULT_OF_WRITE(path, half) \
  if (const int error = fault(kWrite, __func__, path, [&] { (void)!(half); })) return refused(error)

extern "C" {

// -- bytes

ssize_t write(int fd, const void* bytes, size_t size) {
  NEXT(write);
  FAULT_OF_WRITE(path_of(fd), real(fd, bytes, size / 2));
  return real(fd, bytes, size);
}
ssize_t writev(int fd, const iovec* parts, int count) {
  NEXT(writev);
  FAULT_OF_WRITE(path_of(fd), real(fd, parts, count / 2));
  return real(fd, parts, count);
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  NEXT(pwrite);
  FAULT_OF_WRITE(path_of(fd), real(fd, bytes, size / 2, at));
  return real(fd, bytes, size, at);
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  NEXT(pwrite64);
  FAULT_OF_WRITE(path_of(fd), real(fd, bytes, size / 2, at));
  return real(fd, bytes, size, at);
}
ssize_t splice(int from, off64_t* from_at, int to, off64_t* to_at, size_t size, unsigned flags) {
  NEXT(splice);
  FAULT_OF_WRITE(path_of(to), real(from, from_at, to, to_at, size / 2, flags));
  return real(from, from_at, to, to_at, size, flags);
}
ssize_t copy_file_range(int from, off64_t* from_at, int to, off64_t* to_at, size_t size,
                        unsigned flags) {
  NEXT(copy_file_range);
  FAULT_OF_WRITE(path_of(to), real(from, from_at, to, to_at, size / 2, flags));
  return real(from, from_at, to, to_at, size, flags);
}
int ftruncate(int fd, off_t size) {
  NEXT(ftruncate);
  FAULT(kTruncate, path_of(fd));
  return real(fd, size);
}
int ftruncate64(int fd, off64_t size) {
  NEXT(ftruncate64);
  FAULT(kTruncate, path_of(fd));
  return real(fd, size);
}

// -- what makes them durable

int fsync(int fd) {
  NEXT(fsync);
  FAULT(kSync, path_of(fd));
  return durable_image().sync(fd, [&] { return real(fd); });
}
int fdatasync(int fd) {
  NEXT(fdatasync);
  FAULT(kSync, path_of(fd));
  return durable_image().sync(fd, [&] { return real(fd); });
}
int syncfs(int fd) {
  NEXT(syncfs);
  FAULT(kSync, path_of(fd));
  return durable_image().sync_all(root(), [&] { return real(fd); });
}

// -- names

int rename(const char* from, const char* to) {
  NEXT(rename);
  FAULT(kRename, to);
  return real(from, to);
}
int link(const char* existing, const char* name) {
  NEXT(link);
  FAULT(kLink, name);
  return real(existing, name);
}
int unlink(const char* path) {
  NEXT(unlink);
  FAULT(kUnlink, path);
  return real(path);
}
int rmdir(const char* path) {
  NEXT(rmdir);
  FAULT(kUnlink, path);
  return real(path);
}
int mkdir(const char* path, mode_t mode) {
  NEXT(mkdir);
  FAULT(kMakeFolder, path);
  return real(path, mode);
}
int open(const char* path, int flags, ...) {
  NEXT(open);
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  if (makes_files(flags)) FAULT(kCreate, path);
  return real(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  NEXT(open64);
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  if (makes_files(flags)) FAULT(kCreate, path);
  return real(path, flags, mode);
}

}  // extern "C"
