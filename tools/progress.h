#pragma once
// How far a long job is, as one line on a terminal:
//
//   importing  12,345 files  4.1 GB  312 files/s  88 MB/s  1:23 left
//
// Everything may be called from any thread; advance() costs two additions.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace dcmfs::tools {

struct Amount {
  std::int64_t files = 0;
  std::int64_t bytes = 0;
};

// The line, at most `columns` wide. A part that is not known (a total of 0) is left out.
std::string progress_line(std::string_view title, Amount done, Amount total,
                          std::chrono::duration<double> elapsed, int columns);
std::string size_text(std::int64_t bytes);   // 4.1 GB
std::string count_text(std::int64_t count);  // 12,345

class Progress {
 public:
  enum class Shown : std::uint8_t { on_terminal, always, never };

  Progress(std::string title, Shown);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  bool is_shown() const { return shown_; }
  void set_total(Amount);  // also later, and again
  void advance(Amount);
  Amount done() const;
  // Prints a line of text above that of the progress.
  void say(std::string_view line);
  // Removes the line.
  void finish();

 private:
  void draw_until(std::stop_token);

  const std::string title_;
  const bool shown_;
  const bool terminal_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::atomic<std::int64_t> files_{0}, bytes_{0}, total_files_{0}, total_bytes_{0};
  std::mutex output_;  // of standard error
  std::condition_variable_any stopped_;
  std::jthread drawer_;
};

}  // namespace dcmfs::tools
