#pragma once
// What ends the daemon: SIGTERM, SIGINT, a call from one of its threads, or, as long as it has a
// terminal, that terminal's end (SIGHUP).
#include "store/result.h"

namespace dcmfs::tools {

class StopRequest {
 public:
  enum class Terminal : bool { let_go, kept };
  // Blocks the signals for this thread and those it will start: make it before any thread.
  static Result<StopRequest> prepare(Terminal = Terminal::kept);
  StopRequest(StopRequest&&) noexcept;
  StopRequest& operator=(StopRequest&&) = delete;
  ~StopRequest();

  // Returns the signal, or 0 for a call of request(). From then on the same signals kill.
  int wait();
  // From any thread.
  void request();

 private:
  StopRequest(Terminal terminal, int signals, int calls)
      : terminal_(terminal), signals_(signals), calls_(calls) {}
  Terminal terminal_;
  int signals_;
  int calls_;
};

}  // namespace dcmfs::tools
