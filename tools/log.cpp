#include "tools/log.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace dcmfs::tools {
namespace {

constexpr std::size_t kLogBytesMax = 5 << 20;
constexpr std::size_t kOldLogs = 3;

}  // namespace

void log_to_terminal(Detail detail) {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("dcmfs"));
  // The journal stamps lines itself.
  spdlog::set_pattern(::isatty(STDERR_FILENO) ? "%H:%M:%S %l: %v" : "%l: %v");
  switch (detail) {
    case Detail::warnings:
      return spdlog::set_level(spdlog::level::warn);
    case Detail::normal:
      return spdlog::set_level(spdlog::level::info);
    case Detail::debug:
      return spdlog::set_level(spdlog::level::debug);
  }
}

Result<> log_to_file(const std::filesystem::path& store) {
  const std::string file = store / "dcmfs.log";
  try {
    auto logger = spdlog::rotating_logger_mt("dcmfs.log", file, kLogBytesMax, kOldLogs);
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
    spdlog::set_level(spdlog::level::info);
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z [%P] %l: %v");
  } catch (const spdlog::spdlog_ex&) {
    return Error{Errc::io, file + ": cannot be written"};
  }
  return {};
}

}  // namespace dcmfs::tools
