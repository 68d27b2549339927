#include "tools/mount_guard.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <utility>

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/mountpoint.h"

namespace dcmfs::tools {
namespace {

constexpr int kOrphaned = SIGUSR1;
// A daemon whose main thread has ended, and which still holds its end of the pipe after this, is
// stuck.
constexpr int kGraceMs = 500;
constexpr std::size_t kMessageBytesMax = 4200;  // a path and a device

// Else the guard would hold the locks of the store, the terminal, and the folder where it was
// started.
void let_go_of_all_but(int fd) {
  const auto n = static_cast<unsigned>(fd);
  if (n > 3) ::close_range(3, n - 1, 0);
  ::close_range(n + 1, ~0U, 0);
  if (const int null = ::open("/dev/null", O_RDWR); null >= 0) {
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, standard);
    ::close(null);
  }
  [[maybe_unused]] const int moved = ::chdir("/");
}

// True: the other end was closed.
bool closes_within(int fd, int timeout_ms) {
  pollfd polled{fd, POLLIN, 0};
  return ::poll(&polled, 1, timeout_ms) > 0;
}

// What was said before the end of the pipe; empty if that came first.
std::string read_message(int fd) {
  std::string text(kMessageBytesMax, '\0');
  ssize_t n = 0;
  do n = ::read(fd, text.data(), text.size());
  while (n < 0 && errno == EINTR);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

[[noreturn]] void guard(int fd, pid_t daemon) {
  sigset_t all, orphaned;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);  // it ends with the daemon, and not before
  sigemptyset(&orphaned);
  sigaddset(&orphaned, kOrphaned);
  ::prctl(PR_SET_NAME, "dcmfs-guard");
  ::prctl(PR_SET_PDEATHSIG, kOrphaned);
  let_go_of_all_but(fd);
  const int signals = ::signalfd(-1, &orphaned, SFD_CLOEXEC);

  const auto message = read_message(fd);
  const auto newline = message.find('\n');
  if (newline == std::string::npos) ::_exit(0);
  std::array<pollfd, 2> polled{{{fd, POLLIN, 0}, {signals, POLLIN, 0}}};
  // It may have ended before it was asked to be told of.
  if (::getppid() == daemon) {
    while (::poll(polled.data(), polled.size(), -1) < 0 && errno == EINTR) {
    }
  }
  if (!closes_within(fd, kGraceMs)) {
    abort_mount(message.substr(newline + 1), message.substr(0, newline));
  }
  ::_exit(0);
}

}  // namespace

Result<MountGuard> MountGuard::start() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error(errno, "starting the guard");
  const pid_t daemon = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    const int error = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    return system_error(error, "starting the guard");
  }
  if (child == 0) {
    ::close(ends[1]);
    guard(ends[0], daemon);
  }
  ::close(ends[0]);
  return MountGuard(child, ends[1]);
}

MountGuard::MountGuard(MountGuard&& other) noexcept
    : process_(other.process_), fd_(std::exchange(other.fd_, -1)) {}

MountGuard::~MountGuard() {
  if (fd_ < 0) return;
  ::close(fd_);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void MountGuard::watch(const std::filesystem::path& mountpoint) {
  const auto message = device_of_mount(mountpoint) + '\n' + mountpoint.string();
  // Without it the mount works all the same.
  [[maybe_unused]] const ssize_t told = ::write(fd_, message.data(), message.size());
}

}  // namespace dcmfs::tools
