#include "tools/background.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dcmfs::tools {
namespace {

// What a shell sees of a program that goes to the background and then does `child`.
template <class Child>
int exit_code_seen_by_the_shell(Child child) {
  const pid_t shell = ::fork();
  if (shell == 0) {
    auto background = Background::enter();  // returns in a grandchild
    if (!background) ::_exit(99);
    ::_exit(child(*background));
  }
  int status = 0;
  ::waitpid(shell, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Background, TheParentEndsWellOnceTheChildIsReady) {
  EXPECT_EQ(exit_code_seen_by_the_shell([](Background& b) {
              b.ready();
              return 7;
            }),
            0);
}

TEST(Background, AFailureBeforeThatIsTheParentsToo) {
  EXPECT_EQ(exit_code_seen_by_the_shell([](Background&) { return 3; }), 3);
}

TEST(Background, AChildThatJustEndsIsAFailure) {
  EXPECT_NE(exit_code_seen_by_the_shell([](Background&) { return 0; }), 0);
}

}  // namespace
}  // namespace dcmfs::tools
