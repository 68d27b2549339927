#include "tools/background.h"

#include <cerrno>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/exit_code.h"

namespace dcmfs::tools {
namespace {

[[noreturn]] void wait_for(pid_t child, int fd) {
  char byte = 0;
  ssize_t n = 0;
  do n = ::read(fd, &byte, 1);
  while (n < 0 && errno == EINTR);
  if (n == 1) ::_exit(0);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  ::_exit(WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : kExitFailed);
}

}  // namespace

Result<Background> Background::enter() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error(errno, "going to the background");
  const pid_t child = ::fork();
  if (child < 0) return system_error(errno, "going to the background");
  if (child > 0) {
    ::close(ends[1]);
    wait_for(child, ends[0]);
  }
  ::close(ends[0]);
  ::setsid();
  return Background(ends[1]);
}

Background::Background(Background&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Background::~Background() {
  if (fd_ >= 0) ::close(fd_);
}

void Background::ready() {
  // A daemon holds no folder busy and no terminal open.
  [[maybe_unused]] const int moved = ::chdir("/");
  if (const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC); null >= 0) {
    for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, standard);
    ::close(null);
  }
  [[maybe_unused]] const ssize_t told = ::write(fd_, "", 1);
  ::close(std::exchange(fd_, -1));
}

}  // namespace dcmfs::tools
