#pragma once
// incoming/: a small file system in memory whose files are files of the store's
// spool. A file is imported when a handle that wrote it is flushed and its name
// is final; what is left behind is a ghost: the name can still be stat'ed,
// renamed, touched and removed until it was idle for a minute.
//
// Thread safe. finish() and rename() block while the file is stored: call them
// from a thread that may wait.
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include <sys/stat.h>

#include "fs/accepted_files.h"
#include "fs/content.h"
#include "fs/incoming_report.h"
#include "fs/node.h"
#include "fs/options.h"
#include "store/store.h"

namespace dcmfs::fs {

class Incoming {
 public:
  static constexpr std::chrono::seconds kGhostIdle{60};
  static constexpr std::chrono::hours kUnfinishedIdle{24};
  static constexpr std::size_t kItemsMax = 1'000'000;
  static constexpr std::size_t kXattrBytesMax = 64 << 10;  // of one item

  // `folder`: where report.jsonl and the list of accepted files are kept.
  Incoming(Store&, const Options&, const std::filesystem::path& folder, Time now);
  ~Incoming();

  struct Attributes {
    Node node;
    struct stat attr;
  };
  struct Writer {  // who asks
    uid_t uid;
    gid_t gid;
  };

  Result<Attributes> lookup(const Node& folder, std::string_view name, Time now);
  Result<struct stat> stat(const Node&);
  using Add =
      std::function<bool(std::string_view name, const Node&, const struct stat&, std::int64_t)>;
  Result<> list(const Node& folder, std::int64_t cookie, const Add&);

  // Each handle that create() or open() gave is given back by release().
  enum class Truncate : bool { no, yes };
  Result<Attributes> create(const Node& folder, std::string_view name, mode_t, Writer, Time now);
  Result<> open(const Node&, Truncate, Time now);
  void release(const Node&, Time now);
  Result<Attributes> make_folder(const Node& folder, std::string_view name, mode_t, Writer,
                                 Time now);
  Result<> remove(const Node& folder, std::string_view name, Time now);
  Result<> remove_folder(const Node& folder, std::string_view name, Time now);
  enum class Replace : bool { no, yes };
  // Imports what becomes final by it; then an error leaves the old name.
  Result<> rename(const Node& from, std::string_view name, const Node& to,
                  std::string_view new_name, Replace, Time now);

  // Calls `write` with a descriptor that may be written meanwhile.
  Result<> write(const Node&, Time now, const std::function<Result<>(int fd)>& write);
  Result<std::size_t> read(const Node&, std::int64_t offset, std::span<std::byte> into);
  Result<> truncate(const Node&, std::int64_t size, Time now);
  Result<> sync(const Node&);
  // What flush stands for: imports the file if something was written and its name is final.
  Result<> finish(const Node&, Time now);

  struct Change {  // of attributes; what is not named stays
    std::optional<mode_t> mode;
    std::optional<uid_t> uid;
    std::optional<gid_t> gid;
    std::optional<timespec> atime, mtime;
  };
  Result<> change(const Node&, const Change&, Time now);
  Result<> set_xattr(const Node&, const std::string& name, std::string value);
  Result<std::string> xattr(const Node&, const std::string& name);
  Result<std::vector<std::string>> xattrs(const Node&);
  Result<> remove_xattr(const Node&, const std::string& name);

  // Lets go of ghosts, and rejects what nobody finished.
  void tidy(Time now);

  IncomingReport& report() { return report_; }

 private:
  struct Item;
  using ItemPtr = std::shared_ptr<Item>;  // shared with the operations under way

  ItemPtr find(const Node&) const;
  Result<ItemPtr> file(const Node&) const;
  Result<ItemPtr> folder(const Node&) const;
  Result<ItemPtr> child(const Item& folder, std::string_view name) const;
  Result<ItemPtr> add(const ItemPtr& folder, std::string_view name, mode_t, Writer, Time now);
  void detach(Item&, Time now);
  std::string path(const Item&) const;
  Attributes attributes(const Item&) const;
  Result<ItemPtr> revive(const ItemPtr& folder, std::string_view name, Time now);

  // incoming_content.cpp: the bytes of an item; its content lock is held.
  Result<> make_draft(Item&, const std::string& path);
  Result<Blob> settled(const Item&) const;

  // incoming_import.cpp: what becomes of them; the content lock is held exclusively.
  struct Outcome;
  Result<> import(Item&, const std::string& path, Time now);
  Result<Outcome> import_draft(Item&, const std::string& path);
  Result<Outcome> import_archive(Item&, const std::string& path, uid_t);
  Result<> import_what_becomes_final(const ItemPtr&, const std::string& new_path, Time now);
  void unpack_archives(std::stop_token);

  Store& store_;
  const Options& options_;
  IncomingReport report_;
  AcceptedFiles accepted_;

  mutable std::mutex mutex_;  // never held while a content lock is waited for
  std::unordered_map<std::uint64_t, ItemPtr> items_;  // by number; guarded by mutex_
  std::uint64_t next_number_;                         // guarded by mutex_

  struct Archive {
    SpoolFile file;
    std::string path;
    uid_t uid;
  };
  std::mutex archives_mutex_;
  std::condition_variable_any archives_wanted_;
  std::deque<Archive> archives_;  // guarded by archives_mutex_
  std::jthread unpacker_;         // last: it uses all of the above
};

}  // namespace dcmfs::fs
