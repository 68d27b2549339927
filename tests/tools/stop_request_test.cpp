#include "tools/stop_request.h"

#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dcmfs::tools {
namespace {

// What wait() answers a process that got SIGHUP and was then asked to stop.
int ended_by(StopRequest::Terminal terminal) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto stop = StopRequest::prepare(terminal);
    if (!stop) ::_exit(99);
    ::raise(SIGHUP);
    stop->request();
    ::_exit(stop->wait());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(StopRequest, TheEndOfTheTerminalEndsWhoHasOne) {
  EXPECT_EQ(ended_by(StopRequest::Terminal::kept), SIGHUP);
}

TEST(StopRequest, TheEndOfTheTerminalDoesNotConcernTheBackground) {
  EXPECT_EQ(ended_by(StopRequest::Terminal::let_go), 0);
}

}  // namespace
}  // namespace dcmfs::tools
