#pragma once
// Makes the kernel forget what a change in the store made stale. The kernel may
// keep entries and attributes of patients/ for hours, because this thread tells
// it what is no longer true. (The views have short time-outs instead.)
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fs/node.h"
#include "store/change_feed.h"
#include "store/store.h"

namespace dcmfs::fs {

// What the kernel has to forget. A set of it is one notification each.
struct Stale {
  std::set<Ino> inodes;                         // attributes, data, listing
  std::set<std::pair<Ino, std::string>> names;  // in a folder, whether it was there or not
};

// What `change` makes stale, added to `stale`.
void add_stale(const Change& change, const Store&, Stale& stale);

class Notifier {
 public:
  // Changes of one folder are told at most this often, unless somebody waits.
  static constexpr std::chrono::milliseconds kPause{100};

  // The kernel's ears. Called from the notifier's own thread only: inside a
  // request handler they would deadlock.
  struct Kernel {
    std::function<void(Ino)> forget_inode;
    std::function<void(Ino folder, const std::string& name)> forget_name;
  };

  // `touch` hears the time of every change first. Starts with what happens from now on.
  Notifier(Store&, Kernel, std::function<void(Time)> touch);

  // Calls `then` once the kernel was told of everything that is in the store now; from this thread
  // if it has been, else from the notifier's.
  void after_now(std::function<void()> then);

  // Tells no more, and lets nobody wait. Call it while requests are still answered: the kernel may
  // be waiting for an answer before it listens.
  void stop();

 private:
  void run(std::stop_token);
  void tell(const std::vector<Change>&);

  Store& store_;
  const Kernel kernel_;
  const std::function<void(Time)> touch_;
  std::mutex mutex_;
  std::condition_variable_any wanted_;
  std::int64_t told_;                                                    // guarded by mutex_
  bool ended_ = false;                                                   // guarded by mutex_
  std::vector<std::pair<std::int64_t, std::function<void()>>> waiting_;  // guarded by mutex_
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace dcmfs::fs
