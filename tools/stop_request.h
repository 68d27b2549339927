#pragma once
// What ends the daemon: SIGTERM, SIGINT, SIGHUP, or a call from one of its threads.
#include "store/result.h"

namespace dcmfs::tools {

class StopRequest {
 public:
  // Blocks the signals for this thread and those it will start: make it before any thread.
  static Result<StopRequest> prepare();
  StopRequest(StopRequest&&) noexcept;
  StopRequest& operator=(StopRequest&&) = delete;
  ~StopRequest();

  // Returns the signal, or 0 for a call of request(). From then on the same signals kill.
  int wait();
  // From any thread.
  void request();

 private:
  StopRequest(int signals, int calls) : signals_(signals), calls_(calls) {}
  int signals_;
  int calls_;
};

}  // namespace dcmfs::tools
