#pragma once
// Of which folders of patients/, and files generated in them, the kernel may remember something:
// it needs to be told of a change only there. While nobody looks, arrivals cost no notifications.
//
// An answer that was under way while a change was told could leave the kernel with what is no
// longer true. So whoever answers notes the version before it reads, and asks for a repetition
// (Notifier::repeat_since) if there is another one behind its answer:
//
//   answer:   version, read, note, reply, version again: another one? repeat
//   notifier: next version, then who is noted is told
//
// Thread safe.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "fs/node.h"

namespace dcmfs::fs {

class KernelMemory {
 public:
  static constexpr std::size_t kNodesMax = 1 << 18;  // from there on it is taken to know everything

  enum What : std::uint8_t {
    state = 1,    // attributes, data, listing: gone once the kernel was told to forget them
    names = 2,    // entries that are there, in the folder
    missing = 4,  // names that were not there
  };
  // Only of the kinds that the notifier speaks of; others are ignored.
  void note(const Node&, What);
  // Whether any of `what` may be remembered. `state` is not, from then on.
  bool take(const Node&, std::uint8_t what);
  // Something that a change could make untrue may be remembered, somewhere.
  bool expects_news() const { return news_.load() > 0; }

  std::uint64_t version() const { return version_.load(); }
  std::uint64_t next_version() { return ++version_; }

 private:
  std::mutex mutex_;
  std::unordered_map<Ino, std::uint8_t> noted_;  // guarded by mutex_
  bool everything_ = false;                      // guarded by mutex_: too many to count
  std::atomic<std::int64_t> news_{0};            // nodes of which something is noted
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace dcmfs::fs
