#pragma once
// What a power failure would leave of the files below a folder, on a disk that keeps nothing but
// what it was told to: of a file the bytes that it had when it was last synced, of a folder the
// names that it had then. Kept in DCMFS_FAULT_DISK, and made into a tree by
// tests/mount/fault_io.py:
//
//   bytes/KEY  of a file
//   names/KEY  of a folder: "d KEY NAME" or "f KEY NAME", each ended by NUL
//
// KEY is inode number and time of birth, because numbers are given again.
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace dcmfs::faults {

class DurableImage {
 public:
  explicit DurableImage(std::string disk) : disk_(std::move(disk)) {}

  // What was there before the call is kept if `sync` answers 0.
  int sync(int fd, const std::function<int()>& sync);
  int sync_all(const std::string& root, const std::function<int()>& sync);

 private:
  bool keep(int fd);
  bool keep_below(const std::string& folder);
  void publish();

  const std::string disk_;  // empty: nothing is kept
  std::mutex mutex_;
  std::vector<std::string> waiting_;  // written beside its place, until the sync has succeeded
};

DurableImage& durable_image();

}  // namespace dcmfs::faults
