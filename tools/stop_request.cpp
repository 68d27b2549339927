#include "tools/stop_request.h"

#include <array>
#include <cerrno>
#include <utility>

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace dcmfs::tools {
namespace {

sigset_t ending_signals(StopRequest::Terminal terminal) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&set, signal);
  if (terminal == StopRequest::Terminal::kept) sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

Result<StopRequest> StopRequest::prepare(Terminal terminal) {
  const sigset_t set = ending_signals(terminal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);  // a peer that is gone is an error of write(), not the end
  if (terminal == Terminal::let_go) ::signal(SIGHUP, SIG_IGN);
  StopRequest prepared(terminal, ::signalfd(-1, &set, SFD_CLOEXEC), ::eventfd(0, EFD_CLOEXEC));
  if (prepared.signals_ < 0 || prepared.calls_ < 0) return system_error(errno, "signals");
  return prepared;
}

StopRequest::StopRequest(StopRequest&& other) noexcept
    : terminal_(other.terminal_),
      signals_(std::exchange(other.signals_, -1)),
      calls_(std::exchange(other.calls_, -1)) {}

StopRequest::~StopRequest() {
  if (signals_ >= 0) ::close(signals_);
  if (calls_ >= 0) ::close(calls_);
}

int StopRequest::wait() {
  std::array<pollfd, 2> polled{{{signals_, POLLIN, 0}, {calls_, POLLIN, 0}}};
  while (::poll(polled.data(), polled.size(), -1) < 0 && errno == EINTR) {
  }
  int signal = 0;
  if (polled[0].revents != 0) {
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof info) == sizeof info)
      signal = static_cast<int>(info.ssi_signo);
  }
  const sigset_t set = ending_signals(terminal_);
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  return signal;
}

void StopRequest::request() {
  ::eventfd_write(calls_, 1);
}

}  // namespace dcmfs::tools
