#pragma once
// Going to the background in two steps, so that the shell goes on when there is something
// to use, and learns of every failure before that.
#include "store/result.h"

namespace dcmfs::tools {

class Background {
 public:
  // Goes on in a child process. The parent waits until ready(), and then ends with 0; if the
  // child ends before, with its exit code. Call before any thread is started.
  static Result<Background> enter();
  Background(Background&&) noexcept;
  Background& operator=(Background&&) = delete;
  ~Background();

  // Lets the parent go, and the terminal.
  void ready();

 private:
  explicit Background(int fd) : fd_(fd) {}
  int fd_;  // the parent waits at the other end
};

}  // namespace dcmfs::tools
