#include "tools/store_folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/mountpoint.h"

namespace dcmfs::tools {
namespace {

using namespace std::chrono_literals;

// A daemon ends shortly after its umount; the next one need not fail for that.
constexpr auto kHandOver = 1000ms;
constexpr auto kPause = 20ms;
constexpr std::size_t kLockTextMax = 5000;  // a process id and a path
// One of these makes a folder a store.
constexpr std::array kNamesInAStore{"blobs", "dcmfs.json", "daemon.lock"};

// What a store that another process is making may consist of so far; and the root of a disk of its
// own has lost+found from mkfs.
constexpr std::array kNamesOfABeginning{"lost+found", "lock",   "spool",      "rejected",
                                        "trash",      "outbox", "attachments"};

bool is_store(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::any_of(kNamesInAStore.begin(), kNamesInAStore.end(), [&](const char* name) {
    return std::filesystem::exists(folder / name, ignored);
  });
}

bool is_store_or_empty(const std::filesystem::path& folder) {
  if (is_store(folder)) return true;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    const auto& names = kNamesOfABeginning;
    if (std::find(names.begin(), names.end(), entry.path().filename()) == names.end())
      return is_store(folder);  // it may have become one meanwhile
  }
  return !failed;
}

bool taken_in_time(int fd) {
  bool taken = ::flock(fd, LOCK_EX | LOCK_NB) == 0;
  for (auto waited = 0ms; !taken && errno == EWOULDBLOCK && waited < kHandOver; waited += kPause) {
    std::this_thread::sleep_for(kPause);
    taken = ::flock(fd, LOCK_EX | LOCK_NB) == 0;
  }
  return taken;
}

struct Holder {
  std::string process, mountpoint;
};
std::optional<Holder> holder_in(int fd) {
  std::string text(kLockTextMax, '\0');
  const ssize_t n = ::pread(fd, text.data(), text.size(), 0);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  const auto newline = text.find('\n');
  if (newline == text.npos) return std::nullopt;
  return Holder{text.substr(0, newline),
                text.substr(newline + 1, text.find('\n', newline + 1) - newline - 1)};
}

// Killed, but a thread of it still waits in the kernel: see mount_guard.h. Its guard may have been
// killed, too.
bool is_stuck(const std::string& process) {
  std::ifstream stat("/proc/" + process + "/stat");
  std::string text;
  std::getline(stat, text);
  const auto name_end = text.rfind(") ");  // proc(5): the state is behind the name
  return name_end != text.npos && text.compare(name_end + 2, 1, "Z") == 0;
}

}  // namespace

Result<std::filesystem::path> prepare_store(const std::filesystem::path& given) {
  if (::mkdir(given.c_str(), 0700) != 0 && errno != EEXIST)
    return system_error(errno, given.string());
  std::error_code failed;
  const std::filesystem::path folder = std::filesystem::canonical(given, failed);
  if (failed) return system_error(failed.value(), given.string());
  if (!std::filesystem::is_directory(folder)) return system_error(ENOTDIR, folder.string());
  if (::access(folder.c_str(), R_OK | W_OK | X_OK) != 0)
    return system_error(errno, folder.string() + ": the store must be writable");
  if (!is_store_or_empty(folder))
    return Error{
        Errc::invalid_argument,
        folder.string() + ": not empty, and not a store of dcmfs (STORE comes before MOUNTPOINT)"};
  return folder;
}

Result<std::filesystem::path> require_store(const std::filesystem::path& given) {
  if (!is_store(given)) return Error{Errc::not_found, given.string() + ": no store of dcmfs"};
  return prepare_store(given);
}

Result<DaemonLock> DaemonLock::take(const std::filesystem::path& store) {
  const std::filesystem::path file = store / "daemon.lock";
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return system_error(errno, file.string());
  DaemonLock lock(fd);

  if (taken_in_time(fd)) return lock;
  if (errno != EWOULDBLOCK) return system_error(errno, file.string());
  const auto holder = holder_in(fd);
  if (holder && is_stuck(holder->process)) {
    abort_mount(holder->mountpoint, device_of_mount(holder->mountpoint));
    if (taken_in_time(fd)) return lock;
  }
  std::string message = store.string() + ": another dcmfs has this store open";
  if (holder) {
    message += ": process " + holder->process;
    message += holder->mountpoint.empty() ? ", not mounted" : ", mounted at " + holder->mountpoint;
  }
  return Error{Errc::busy, message};
}

Result<> DaemonLock::sign(const std::filesystem::path& mountpoint) {
  const std::string text = std::to_string(::getpid()) + '\n' + mountpoint.string() + '\n';
  if (::ftruncate(fd_, 0) != 0 ||
      ::pwrite(fd_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return system_error(errno ? errno : EIO, "daemon.lock");
  return {};
}

DaemonLock::DaemonLock(DaemonLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

DaemonLock::~DaemonLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<SenderLock> SenderLock::take(const std::filesystem::path& store) {
  const std::filesystem::path file = store / "sender.lock";
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return system_error(errno, file.string());
  SenderLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return system_error(errno, file.string());
  return Error{Errc::busy, store.string() + ": another process sends what is queued"};
}

SenderLock::SenderLock(SenderLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

SenderLock::~SenderLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace dcmfs::tools
