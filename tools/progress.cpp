#include "tools/progress.h"

#include <array>
#include <cmath>
#include <cstdio>

#include <sys/ioctl.h>
#include <unistd.h>

namespace dcmfs::tools {
namespace {

constexpr std::chrono::milliseconds kRedraw{200};
constexpr std::chrono::seconds kRedrawElsewhere{5};  // a line each: into a log
constexpr int kColumnsUnknown = 79;
// An estimate of the first moments would be worth nothing.
constexpr double kEstimateAfter_s = 2;

int terminal_columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kColumnsUnknown;
  return size.ws_col - 1;
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::lround(seconds));
  const auto two = [](std::int64_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  if (whole >= 3600)
    return std::to_string(whole / 3600) + ":" + two(whole / 60 % 60) + ":" + two(whole % 60);
  return std::to_string(whole / 60) + ":" + two(whole % 60);
}

}  // namespace

std::string count_text(std::int64_t count) {
  std::string text = std::to_string(count);
  const std::size_t first = count < 0 ? 1 : 0;
  for (std::size_t at = text.size(); at > first + 3;) text.insert(at -= 3, ",");
  return text;
}

std::string size_text(std::int64_t bytes) {
  constexpr std::array kUnits{"B", "kB", "MB", "GB", "TB", "PB"};
  double size = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (size >= 999.5 && unit + 1 < kUnits.size()) size /= 1000, ++unit;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit > 0 && size < 9.95 ? "%.1f %s" : "%.0f %s", size,
                kUnits[unit]);
  return text.data();
}

std::string progress_line(std::string_view title, Amount done, Amount total,
                          std::chrono::duration<double> elapsed, int columns) {
  std::string line(title);
  const auto add = [&](const std::string& part) { line += "  " + part; };
  const double seconds = std::max(elapsed.count(), 1e-3);
  add(total.files > 0 ? count_text(done.files) + " of " + count_text(total.files) + " files"
                      : count_text(done.files) + " files");
  if (total.bytes > 0)
    add(size_text(done.bytes) + " of " + size_text(total.bytes));
  else if (done.bytes > 0)
    add(size_text(done.bytes));
  add(count_text(std::llround(static_cast<double>(done.files) / seconds)) + " files/s");
  if (done.bytes > 0)
    add(size_text(std::llround(static_cast<double>(done.bytes) / seconds)) + "/s");
  const double part =
      total.bytes > 0   ? static_cast<double>(done.bytes) / static_cast<double>(total.bytes)
      : total.files > 0 ? static_cast<double>(done.files) / static_cast<double>(total.files)
                        : 0;
  if (part > 0 && part < 1 && seconds > kEstimateAfter_s)
    add(clock_text(seconds * (1 - part) / part) + " left");
  return line.substr(0, static_cast<std::size_t>(std::max(columns, 0)));
}

Progress::Progress(std::string title, Shown shown)
    : title_(std::move(title)),
      shown_(shown == Shown::always || (shown == Shown::on_terminal && ::isatty(STDERR_FILENO))),
      terminal_(::isatty(STDERR_FILENO)) {
  if (shown_) drawer_ = std::jthread([this](std::stop_token stop) { draw_until(stop); });
}

Progress::~Progress() {
  finish();
}

void Progress::set_total(Amount total) {
  total_files_ = total.files;
  total_bytes_ = total.bytes;
}

void Progress::advance(Amount more) {
  files_ += more.files;
  bytes_ += more.bytes;
}

Amount Progress::done() const {
  return {files_, bytes_};
}

void Progress::say(std::string_view line) {
  const std::lock_guard lock(output_);
  if (shown_ && terminal_) std::fputs("\r\x1b[K", stderr);
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

void Progress::finish() {
  if (!drawer_.joinable()) return;
  drawer_.request_stop();
  drawer_.join();
  if (terminal_) std::fputs("\r\x1b[K", stderr);
}

void Progress::draw_until(std::stop_token stop) {
  std::unique_lock lock(output_);
  const auto pause = terminal_ ? kRedraw : std::chrono::milliseconds(kRedrawElsewhere);
  while (!stop.stop_requested()) {
    stopped_.wait_for(lock, stop, pause, [] { return false; });
    if (stop.stop_requested()) return;
    const std::string line = progress_line(title_, done(), {total_files_, total_bytes_},
                                           std::chrono::steady_clock::now() - started_,
                                           terminal_ ? terminal_columns() : kColumnsUnknown);
    std::fprintf(stderr, terminal_ ? "\r\x1b[K%s" : "%s\n", line.c_str());
    std::fflush(stderr);
  }
}

}  // namespace dcmfs::tools
