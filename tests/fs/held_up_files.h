#pragma once
// Stored files that cannot be read before the test lets them: pipes in the place of files. Whoever
// decodes one waits, as with a very large picture, for as long as the test likes.
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/ids.h"

namespace dcmfs::fs {

// Looks again until it is true; false after a long time.
template <class Condition>
bool comes_true(Condition condition) {
  constexpr std::chrono::seconds kLongEnough{20};
  const auto end = std::chrono::steady_clock::now() + kLongEnough;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

class HeldUpFiles {
 public:
  explicit HeldUpFiles(std::filesystem::path store) : store_(std::move(store)) {}
  ~HeldUpFiles() { let_go(); }

  std::filesystem::path blob(RowId row) const {
    auto name = std::to_string(value(row));
    name = std::string(9 - name.size(), '0') + name + ".dcm";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(store_ / "blobs")) {
      if (entry.path().filename() == name) return entry.path();
    }
    return {};
  }
  bool hold(RowId row) {
    const auto path = blob(row);
    std::filesystem::remove(path);
    pipes_.push_back(path);
    return ::mkfifo(path.c_str(), 0600) == 0;
  }
  // Who waits for one of them finds it empty.
  void let_go() {
    for (const auto& path : pipes_) {
      int fd = -1;
      comes_true([&] { return (fd = ::open(path.c_str(), O_WRONLY | O_NONBLOCK)) >= 0; });
      if (fd >= 0) ::close(fd);
    }
    pipes_.clear();
  }

 private:
  const std::filesystem::path store_;
  std::vector<std::filesystem::path> pipes_;
};

}  // namespace dcmfs::fs
