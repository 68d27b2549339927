#pragma once
// What was dropped into incoming/ in the last seven days: path, size and
// modification time, so that a second `rsync -a CD/ incoming/` finds what it
// sent and sends nothing. Paths are kept as hashes: they can name patients.
// Thread safe.
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include <sys/types.h>

#include "store/ids.h"
#include "store/time.h"

namespace dcmfs::fs {

struct AcceptedFile {
  std::int64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t row = 0;  // of the instance; 0: it was ignored
  Time at;
};

class AcceptedFiles {
 public:
  static constexpr std::chrono::days kKept{7};
  static constexpr std::size_t kFilesMax = 1'000'000;

  // Reads what an earlier mount wrote, without what is too old.
  AcceptedFiles(std::filesystem::path file, Time now);
  ~AcceptedFiles();
  AcceptedFiles(const AcceptedFiles&) = delete;
  AcceptedFiles& operator=(const AcceptedFiles&) = delete;

  void add(std::string_view path, const AcceptedFile&);
  std::optional<AcceptedFile> find(std::string_view path, Time now) const;
  void forget(std::string_view path);

 private:
  struct Record;
  void append(const Record&);
  void rewrite();

  const std::filesystem::path file_;
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, AcceptedFile> files_;  // guarded by mutex_
  int fd_ = -1;                                            // guarded by mutex_
};

}  // namespace dcmfs::fs
