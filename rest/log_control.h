#pragma once
// How much the program logs, for who may ask and change it while it runs.
#include <cstdint>
#include <string_view>

namespace dcmfs::rest {

enum class LogLevel : std::uint8_t { normal, verbose, trace };

class LogControl {
 public:
  virtual ~LogControl() = default;
  // From any thread.
  virtual LogLevel level() const = 0;
  virtual void set_level(LogLevel) = 0;
};

}  // namespace dcmfs::rest
