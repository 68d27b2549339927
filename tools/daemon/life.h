#pragma once
// Stopping and restarting the daemon for who asks by HTTP.
#include <atomic>
#include <functional>

#include <spdlog/spdlog.h>

#include "rest/life_control.h"
#include "tools/stop_request.h"

namespace dcmfs::tools {

class Life final : public rest::LifeControl {
 public:
  // `check`: whether the daemon could start again as things are.
  Life(StopRequest& request, std::function<Result<>()> check)
      : request_(request), check_(std::move(check)) {}

  void stop() override {
    asked_ = true;
    request_.request();
  }
  Result<> restart() override {
    // Why is for the log alone: it names files of this machine.
    if (const auto able = check_(); !able) {
      spdlog::error("no restart: {}", able.error().message);
      return Error{Errc::invalid_argument,
                   "the configuration is wrong as it is now; the log of the server says why"};
    }
    spdlog::info("a restart was asked for");
    again_ = true;
    stop();
    return {};
  }

  bool was_asked() const { return asked_; }
  bool begins_again() const { return again_; }

 private:
  StopRequest& request_;
  const std::function<Result<>()> check_;
  std::atomic<bool> asked_ = false, again_ = false;
};

}  // namespace dcmfs::tools
