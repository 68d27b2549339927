#pragma once
// A file or folder that was dropped, and what is written to it. Private to fs/drop*.cpp and to those
// that descend from Drop.
#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include <sys/stat.h>

#include "fs/drop.h"
#include "store/backoff.h"
#include "store/worklist_folder.h"

namespace dcmfs::fs {

// What a draft is in a folder that outlives the mount (worklists/).
struct Drop::KeptFile {
  std::string name;
  WorklistFolder::File seen;  // another one: somebody changed it
  std::optional<Blob> open;   // while somebody has the draft open
};

// The bytes that were written since a file was made, or opened to be written anew. They belong to
// the handles that wrote them: who opens the same name to write it anew gets a draft of its own, so
// that two programs whose files have one name destroy nothing of each other.
struct Drop::Draft {
  int handles = 0;  // guarded by Drop::mutex_

  // Writers share the lock; taking it into the store takes the lock alone, because a stored file is the spool file
  // itself, and nothing may write to it any more.
  std::shared_mutex content;
  std::optional<SpoolFile> spool;  // what is being written
  uid_t writer = 0;                // who began to write it; guarded by Drop::mutex_
  // The spool file is closed, because nobody has it open and there may be a million of these. Set
  // while mutex_ is held, too.
  std::atomic<bool> resting = false;
  std::atomic<bool> written = false;  // since it was taken last
  std::atomic<bool> closed = false;   // flushed after the last write
  // Its writer was told what it is, and its mark in the spool says the same; yet it stays there.
  // Who writes on undoes that.
  std::atomic<bool> decided = false;
  std::atomic<std::int64_t> size = 0;
  // Where the bytes are once they left the spool: one of these, or nowhere (ignored, or never
  // written).
  std::atomic<std::int64_t> row = 0;  // of the stored instance; 0: none
  Handle stored_by = Handle::none;    // whose flush brought that instance, if it is new
  std::string rejected_as;
  // In modalities/. What is copied there within the mount is named, not moved: so much of the file
  // behind that node (Kind::none: bytes of its own).
  Node source;
  std::atomic<std::int64_t> entry = 0;  // of the outbox; 0: none
  std::atomic<bool> failed = false;
  std::optional<Error> failure;
  // In worklists/: nullptr where it is not there (yet). Guarded by Drop::mutex_.
  std::unique_ptr<KeptFile> kept;
  // A write that failed, and so bytes that are missing: it is never taken. Guarded by
  // Drop::mutex_.
  std::optional<Error> unwritten;

  // While it cannot be taken and nobody hears why: how often it was tried in a row, and when it is
  // again. Guarded by Drop::mutex_.
  static constexpr Backoff kPauses{
      .first = std::chrono::seconds(5), .longest = std::chrono::minutes(5), .jitter = 0};
  int attempts = 0;
  Time due{};

  // Also where the clock was put back meanwhile, no pause is longer than the longest.
  bool is_early(Time now) const { return now < due && due <= now + kPauses.longest; }
  bool is_complete() const { return written && closed; }
};

struct Drop::Item {
  explicit Item(std::uint64_t n) : number(n) {}
  const std::uint64_t number;

  // All guarded by Drop::mutex_; the draft has its own lock for its content.
  std::uint64_t parent = 0;
  std::uint64_t root = 0;  // the folder of the tree that it stands in: a number, as `parent`
  std::string name;
  mode_t mode = 0;     // with S_IFDIR, S_IFREG or S_IFLNK
  std::string target;  // of a link
  uid_t uid = 0;
  gid_t gid = 0;
  timespec atime{}, mtime{};
  std::map<std::string, std::string> xattrs;
  std::map<std::string, std::uint64_t, std::less<>> names;  // of a folder's children
  std::map<std::uint64_t, ItemPtr> children;  // the same by number: the order of listings
  int handles = 0;
  Time last_use;
  bool is_permanent = false;
  bool has_held = false;  // of a folder: something stood in it
  bool unlinked = false;
  std::string last_path;  // where it was, once unlinked

  DraftPtr draft;  // of a file: what the name stands for; never null
  // Those before it that others had open when it was begun: they are taken, too.
  std::vector<DraftPtr> others;

  bool is_folder() const { return S_ISDIR(mode); }
  bool is_root() const { return root == number; }
  std::vector<DraftPtr> drafts() const {
    auto all = others;
    if (draft) all.push_back(draft);
    return all;
  }
  // This one, and those below it one in the other; recursion ends at Drop::kDepthMax.
  std::size_t levels() const {
    std::size_t most = 0;
    for (const auto& [child, below] : children) most = std::max(most, below->levels());
    return most + 1;
  }
  // Something was written and not yet taken.
  bool is_pending() const {
    return (draft && draft->written) ||
           std::any_of(others.begin(), others.end(),
                       [](const DraftPtr& d) { return d->written.load(); });
  }
  void forget_finished_drafts() {
    std::erase_if(others, [](const DraftPtr& d) { return d->handles == 0 && !d->written; });
  }
};

inline Error no_such_file() {
  return {Errc::not_found, "no such file was dropped"};
}
inline std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace dcmfs::fs
