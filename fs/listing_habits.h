#pragma once
// Guesses whether who lists a folder will ask for the attributes of its files, too.
//
// A listing can bring them along (FUSE's readdirplus). `ls -l` and rsync then ask nothing more; for
// a walk that wants names only (`find -type f`, updatedb) the kernel makes an inode for every file
// in vain, which is most of what its first walk costs. The protocol does not tell who is who. But
// a walker comes past patient.json, study.json and study.zip before it comes to the many files of
// a series. It is given their names only; who does not look them up gets the names of the files
// of a series only, as well. Who was not seen walking gets attributes. A wrong guess costs time, no
// more. Thread safe.
#include <chrono>
#include <mutex>
#include <vector>

#include <sys/types.h>

#include "fs/node.h"
#include "fs/tree.h"

namespace dcmfs::fs {

class ListingHabits {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kReadersMax = 32;    // the latest ones are remembered
  static constexpr std::chrono::seconds kIdle{10};  // then a thread number may be somebody else's
  static constexpr int kFoldersBefore = 2;          // in which nothing was looked up

  // `reader`: the thread that asks, as FUSE tells it; 0: not of this machine's.
  Tree::Files begins_listing(pid_t reader, const Node& folder, Clock::time_point);
  Tree::Files goes_on_listing(pid_t reader, const Node& folder, Clock::time_point);
  // It asked for a file by name.
  void looked_up(pid_t reader, Clock::time_point);

 private:
  struct Reader {
    pid_t thread = 0;
    int folders = 0;  // that were listed by name only
    bool looks_up = false;
    Clock::time_point last_seen;
  };
  Reader* find(pid_t, Clock::time_point);
  Reader& find_or_add(pid_t, Clock::time_point);

  std::mutex mutex_;
  std::vector<Reader> readers_;  // guarded by mutex_
};

}  // namespace dcmfs::fs
