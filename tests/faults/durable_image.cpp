#include "tests/faults/durable_image.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dcmfs::faults {
namespace {

constexpr char kFresh[] = ".new";

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  const int fd_;
};

struct Found {
  std::string key;
  bool is_folder;
};

// Of what neither is a file nor a folder: an empty key.
Found look_at(int folder, const char* name, int flags) {
  struct statx status {};
  if (::statx(folder, name, flags | AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME | STATX_TYPE,
              &status) != 0) {
    return {};
  }
  if (!S_ISREG(status.stx_mode) && !S_ISDIR(status.stx_mode)) return {};
  char key[64];
  std::snprintf(key, sizeof key, "%llu-%lld-%u", static_cast<unsigned long long>(status.stx_ino),
                static_cast<long long>(status.stx_btime.tv_sec), status.stx_btime.tv_nsec);
  return {key, S_ISDIR(status.stx_mode)};
}

// SQLite makes it anew. (Opening it here, and the index itself, costs the locks of this process:
// another one that writes at the same time cannot be tested with this.)
bool is_shared_memory(const std::filesystem::path& path) {
  return path.native().ends_with("-shm");
}

bool write_all(int fd, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t n = ::write(fd, bytes, size);
    if (n < 0) return false;
    bytes += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

bool copy(int from, int to) {
  std::array<char, 64 << 10> buffer;
  for (off_t at = 0;;) {
    const ssize_t n = ::pread(from, buffer.data(), buffer.size(), at);
    if (n <= 0) return n == 0;
    if (!write_all(to, buffer.data(), static_cast<std::size_t>(n))) return false;
    at += n;
  }
}

std::string names_in(int folder) {
  std::string names;
  DIR* const entries = ::fdopendir(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (entries == nullptr) return names;
  while (const dirent* entry = ::readdir(entries)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    const auto found = look_at(folder, name.c_str(), 0);
    if (found.key.empty()) continue;
    names += (found.is_folder ? "d " : "f ") + found.key + " " + name + '\0';
  }
  ::closedir(entries);
  return names;
}

}  // namespace

DurableImage& durable_image() {
  static auto& image = *new DurableImage([] {  // for ever: programs sync until they end
    const char* disk = ::getenv("DCMFS_FAULT_DISK");
    return std::string(disk == nullptr ? "" : disk);
  }());
  return image;
}

int DurableImage::sync(int fd, const std::function<int()>& sync) {
  if (disk_.empty()) return sync();
  const std::lock_guard lock(mutex_);
  waiting_.clear();
  keep(fd);
  const int answer = sync();
  if (answer == 0) publish();
  return answer;
}

int DurableImage::sync_all(const std::string& root, const std::function<int()>& sync) {
  if (disk_.empty()) return sync();
  const std::lock_guard lock(mutex_);
  waiting_.clear();
  keep_below(root);
  const int answer = sync();
  if (answer == 0) publish();
  return answer;
}

bool DurableImage::keep(int fd) {
  const auto found = look_at(fd, "", AT_EMPTY_PATH);
  if (found.key.empty()) return false;
  const auto place = disk_ + (found.is_folder ? "/names/" : "/bytes/") + found.key;
  const Fd out(::open((place + kFresh).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (out.get() < 0) return false;
  bool kept = false;
  if (found.is_folder) {
    const auto names = names_in(fd);
    kept = write_all(out.get(), names.data(), names.size());
  } else {
    if ((::fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY) {
      // Opened anew and closed, SQLite's files would lose the locks of this process.
      kept = copy(fd, out.get());
    } else {
      const Fd in(::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC));
      kept = in.get() >= 0 && copy(in.get(), out.get());
    }
  }
  if (kept) waiting_.push_back(place);
  return kept;
}

bool DurableImage::keep_below(const std::string& folder) {
  const Fd fd(::open(folder.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (fd.get() < 0) return true;  // removed meanwhile
  bool kept = keep(fd.get());
  std::error_code error;
  for (std::filesystem::directory_iterator entries(folder, error);
       !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    if (entries->is_directory(error)) {
      kept = keep_below(entries->path()) && kept;
    } else if (is_shared_memory(entries->path())) {
      continue;
    } else if (const Fd file(::open(entries->path().c_str(), O_RDONLY | O_CLOEXEC));
               file.get() >= 0) {
      kept = keep(file.get()) && kept;
    }
  }
  return kept;
}

void DurableImage::publish() {
  for (const auto& place : waiting_) ::rename((place + kFresh).c_str(), place.c_str());
  waiting_.clear();
}

}  // namespace dcmfs::faults
