#include "tools/log_control.h"

#include <algorithm>

#include <spdlog/spdlog.h>

namespace dcmfs::tools {
namespace {

class SpdlogControl final : public rest::LogControl {
 public:
  rest::LogLevel level() const override {
    const auto level = spdlog::get_level();
    return level <= spdlog::level::trace   ? rest::LogLevel::trace
           : level == spdlog::level::debug ? rest::LogLevel::verbose
                                           : rest::LogLevel::normal;
  }
  void set_level(rest::LogLevel level) override {
    switch (level) {
      case rest::LogLevel::normal:
        return spdlog::set_level(usual_);
      case rest::LogLevel::verbose:
        return spdlog::set_level(spdlog::level::debug);
      case rest::LogLevel::trace:
        return spdlog::set_level(spdlog::level::trace);
    }
  }

 private:
  // What the command line said; its own "debug" counts as verbose, which is left by asking for the default.
  const spdlog::level::level_enum usual_ = std::max(spdlog::get_level(), spdlog::level::info);
};

}  // namespace

std::unique_ptr<rest::LogControl> log_control() {
  return std::make_unique<SpdlogControl>();
}

}  // namespace dcmfs::tools
