#pragma once
// A file or folder in incoming/. Private to fs/incoming*.cpp.
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include "fs/incoming.h"

namespace dcmfs::fs {

struct Incoming::Item {
  explicit Item(std::uint64_t n) : number(n) {}
  const std::uint64_t number;

  // -- where and what it is; guarded by Incoming::mutex_
  std::uint64_t parent = 0;
  std::string name;
  mode_t mode = 0;  // with S_IFDIR or S_IFREG
  uid_t uid = 0;
  gid_t gid = 0;
  timespec atime{}, mtime{};
  std::map<std::string, std::string> xattrs;
  std::map<std::string, std::uint64_t, std::less<>> names;  // of a folder's children
  std::map<std::uint64_t, ItemPtr> children;  // the same by number: the order of listings
  int handles = 0;
  Time last_use;
  bool unlinked = false;

  bool is_folder() const { return S_ISDIR(mode); }
  Node node() const {
    return number == 0 ? Node{Kind::incoming} : Node{Kind::incoming_node, number};
  }

  // -- the bytes. Writers share the lock; importing takes it alone, because a
  // stored file is the spool file itself, and nothing may write to it any more.
  std::shared_mutex content;
  std::optional<SpoolFile> draft;     // what is being written
  std::atomic<bool> written = false;  // since the last import
  std::atomic<bool> closed = false;   // flushed after the last write
  std::atomic<std::int64_t> size = 0;
  // Where the bytes are once there is no draft: one of these, or nowhere (ignored, or never
  // written).
  std::optional<RowId> stored;
  std::string rejected_as;
  std::atomic<bool> failed = false;
};

inline Error no_such_file() {
  return {Errc::not_found, "no such file in incoming"};
}
inline std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}
inline timespec to_timespec(Time t) {
  return {to_ms(t) / 1000, to_ms(t) % 1000 * 1'000'000};
}
inline std::int64_t to_ns(const timespec& t) {
  return t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

}  // namespace dcmfs::fs
