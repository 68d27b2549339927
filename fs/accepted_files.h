#pragma once
// What was dropped into incoming/ in the last seven days: path, size and
// modification time, so that a second `rsync -a CD/ incoming/` finds what it
// sent and sends nothing. The folders above are known as well: a folder that was not there would be
// made by cp -r, which then expects (O_EXCL) that no file is in it. Paths are kept as hashes: they
// can name patients.
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
  AcceptedFiles(std::filesystem::path file, Time now, std::size_t files_max = kFilesMax);
  ~AcceptedFiles();
  AcceptedFiles(const AcceptedFiles&) = delete;
  AcceptedFiles& operator=(const AcceptedFiles&) = delete;

  void add(std::string_view path, AcceptedFile);
  std::optional<AcceptedFile> find(std::string_view path, Time now) const;
  void forget(std::string_view path);

  // Whether files below it are known.
  bool has_folder(std::string_view path, Time now) const;
  // Forgets what was accepted below it until now.
  void forget_folder(std::string_view path, Time now);

 private:
  struct Record;
  struct Folder {
    Time used, removed;  // removed: what is not newer is forgotten
  };
  static Record record_of(std::uint64_t path_hash, const Folder&);
  // mutex_ is held in these.
  void append(const Record&);
  void rewrite();
  void make_room(Time now);  // for one more
  void note_folder(std::uint64_t path_hash, const Folder&);

  const std::filesystem::path file_;
  const std::size_t files_max_;
  mutable std::mutex mutex_;
  std::size_t records_ = 0;  // in the file, with those that later ones replace; guarded by mutex_
  std::size_t rewrite_at_ = 0;                             // so many; guarded by mutex_
  std::unordered_map<std::uint64_t, AcceptedFile> files_;  // guarded by mutex_
  std::unordered_map<std::uint64_t, Folder> folders_;      // guarded by mutex_
  int fd_ = -1;                                            // guarded by mutex_
};

}  // namespace dcmfs::fs
