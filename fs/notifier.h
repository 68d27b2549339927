#pragma once
// Makes the kernel forget what a change in the store made stale. The kernel may
// keep entries and attributes of patients/ for hours, because this thread tells
// it what is no longer true. (The views have short time-outs instead.)
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fs/kernel_memory.h"
#include "fs/node.h"
#include "store/change_feed.h"
#include "store/store.h"

namespace dcmfs::fs {

// What the kernel has to forget. A set of it is one notification each.
struct Stale {
  std::set<Ino> inodes;  // attributes, data, listing
  using Names = std::set<std::pair<Ino, std::string>>;
  Names came, went;  // names in a folder: looked up in vain before; there before
};

// What `change` makes stale, added to `stale`.
void add_stale(const Change& change, const Store&, Stale& stale);

class Notifier {
 public:
  // Changes of one folder are told at most this often, unless somebody waits.
  static constexpr std::chrono::milliseconds kPause{100};

  // The kernel's ears. Called from the notifier's own threads only: inside a
  // request handler they would deadlock.
  struct Kernel {
    std::function<void(Ino)> forget_inode;
    std::function<void(Ino folder, const std::string& name)> forget_name;
  };

  // `touch` hears the time of changes first. Starts with what happens from now on.
  Notifier(Store&, KernelMemory&, Kernel, std::function<void(TreeChange)> touch);

  // Calls `then` once the kernel was told of everything that is in the store now; from this thread
  // if it has been or remembers nothing, else from the notifier's.
  void after_now(std::function<void()> then);

  // Tells again what was told after `version` of the kernel's memory, for an answer that may have
  // crossed it.
  void repeat_since(std::uint64_t version);

  // Tells no more, and lets nobody wait. Call it while requests are still answered: the kernel may
  // be waiting for an answer before it listens.
  void stop();

 private:
  struct Told {
    std::uint64_t version;
    std::int64_t after;  // the change before the first of the batch
  };
  static constexpr std::size_t kToldMax = 1024;  // batches that can be repeated
  // For which change each waits. A list, so that to answer them needs no memory.
  using Waiting = std::list<std::pair<std::int64_t, std::function<void()>>>;

  void run(std::stop_token);
  void run_repeats(std::stop_token);
  std::int64_t tell_what_changed(std::stop_token);
  void tell(const std::vector<Change>&);
  void tell_again(std::uint64_t version, std::stop_token);

  Store& store_;
  KernelMemory& memory_;
  const Kernel kernel_;
  const std::function<void(TreeChange)> touch_;
  std::mutex mutex_;
  std::condition_variable_any wanted_;
  std::condition_variable_any repeat_wanted_;
  std::optional<std::uint64_t> repeat_since_;  // guarded by mutex_
  std::deque<Told> recent_;                    // guarded by mutex_
  std::int64_t told_;                          // guarded by mutex_
  bool ended_ = false;                         // guarded by mutex_
  Waiting waiting_;                            // guarded by mutex_
  std::jthread thread_, repeater_;             // last: they use all of the above
};

}  // namespace dcmfs::fs
