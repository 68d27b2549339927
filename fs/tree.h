#pragma once
// The mounted tree, without FUSE: which names exist and what is behind them.
// Everything that is read only; what is dropped (incoming/, modalities/NAME/) is fs/drop.h.
//
// The tree is one table (fs/tree_table.h), a row per kind of entry. Thread safe.
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include "fs/content.h"
#include "fs/find_folders.h"
#include "fs/incoming_report.h"
#include "fs/modality_files.h"
#include "fs/node.h"
#include "fs/options.h"
#include "fs/picture_order.h"
#include "fs/remote_find.h"
#include "store/store.h"

namespace dcmfs::fs {

struct Found {
  Node node;
  struct stat attr;
  bool is_gone = false;  // and told of for a while; whose end nobody tells the kernel (removal.h)
};

class Tree {
 public:
  Tree(Store&, const Options&, TreeChange last, Pictures&);

  Result<Found> lookup(const Node& folder, std::string_view name);
  Result<struct stat> stat(const Node&);
  // The folder that it stands in; the root is in itself.
  Result<Found> parent(const Node&);

  // Calls `add` for each entry after `cookie` (0: from the first) until it returns false. A
  // cookie stays good while other entries come and go. With names only, the attributes of files
  // are but inode number and type.
  enum class Files : bool { names_only, with_attributes };
  struct Listed {
    std::string_view name;
    Node node;
    const struct stat& attr;
    std::int64_t cookie;
  };
  using Add = std::function<bool(const Listed&)>;
  Result<> list(const Node& folder, std::int64_t cookie, Files, const Add& add);

  Result<std::unique_ptr<Content>> open(const Node&);
  Result<std::string> read_link(const Node&);

  // -- for the rows of the table
  Store& store() const { return store_; }
  const Options& options() const { return options_; }
  FindFolders& find_folders() { return find_folders_; }
  Pictures& pictures() { return pictures_; }
  PictureOrder& picture_order() { return picture_order_; }
  ModalityFiles& modality_files() { return modality_files_; }
  RemoteFind& remote_find() { return remote_find_; }
  IncomingReport& incoming_report() { return incoming_report_; }
  // The stat of a node but for its size. `received`: its modification time.
  struct stat attributes(const Node&, std::int64_t size, Time received) const;
  // The same of a folder that changes without anybody's telling the kernel: with another `version` it has another
  // modification time, by which the kernel sees that its listing is old.
  struct stat changing(const Node& folder, Time at, std::uint64_t version) const;
  // Of one that changes with what is stored. What arrived at the same time, or before that which was told before, has
  // another version.
  struct stat changing(const Node& folder) const {
    const auto last = last_tree_change();
    return changing(folder, last.at, static_cast<std::uint64_t>(last.seq));
  }
  Time last_change() const { return last_tree_change().at; }
  void touch(TreeChange change) {  // told by two threads
    const std::scoped_lock lock(mutex_);
    if (change.seq > last_.seq) last_ = change;
  }

 private:
  Store& store_;
  const Options& options_;
  FindFolders find_folders_;
  Pictures& pictures_;
  PictureOrder picture_order_;
  ModalityFiles modality_files_;
  RemoteFind remote_find_;
  IncomingReport incoming_report_;
  TreeChange last_tree_change() const {
    const std::scoped_lock lock(mutex_);
    return last_;
  }

  mutable std::mutex mutex_;
  TreeChange last_;  // guarded by mutex_
};

// Of folders: something can be dropped there, or removed. A read-only mount has none all the same.
inline bool is_changed_by_users(const Options& options, Kind kind) {
  return marked(kind, kWritable) || (options.allow_delete && marked(kind, kEmptied));
}

// The resource that a node shows, for extended attributes and removal; nullopt if it shows none.
std::optional<Key> resource_of(const Node&);
// The folder of what is above instances.
Node folder_node(Key);
// Where the folder, or the files, of a resource stand. `parent`: as an Entry tells it.
Node folder_above(Key, Key parent);

// The files of one instance: 0001.dcm and what is made of it.
inline constexpr std::string_view kInstanceSuffixes[] = {".dcm", ".json", ".png", ".frames",
                                                         ".pdf"};

// The number of a frame by the name of its picture, 0001.png and so on; nullopt if it is none.
std::optional<std::uint32_t> frame_of(std::string_view name);

// From the root of the mount: "patients/DOE^JOHN [12345678]/…/0001.dcm".
Result<std::string> path_of(const Store&, Key);

}  // namespace dcmfs::fs
