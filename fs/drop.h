#pragma once
// A place to drop files (incoming/, modalities/NAME/): a small file system in memory
// whose files are files of the store's spool. What is written belongs to the open
// file that wrote it, and is taken when that is flushed and its name is final; what
// is left behind is a ghost: the name can still be stat'ed, renamed, touched and
// removed until it was idle for a minute. A name says nothing about identity: two
// programs may write to the same one at the same time, and what each of them wrote
// is taken. What "taken" means is its descendants' business: incoming.h, modalities.h.
//
// Thread safe. finish() and rename() block while the file is taken: call them
// from a thread that may wait.
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sys/stat.h>

#include "fs/content.h"
#include "fs/node.h"
#include "fs/options.h"
#include "store/store.h"

namespace dcmfs::fs {

class Drop {
 public:
  static constexpr std::chrono::seconds kGhostIdle{60};
  static constexpr std::chrono::seconds kFolderStays{5};  // at least, after it was looked up
  static constexpr std::chrono::hours kUnfinishedIdle{24};
  static constexpr std::size_t kItemsMax = 1'000'000;
  static constexpr std::size_t kXattrBytesMax = 64 << 10;  // of one item
  static constexpr std::size_t kDepthMax = 128;            // folders in folders

  virtual ~Drop() = default;
  Drop(const Drop&) = delete;
  Drop& operator=(const Drop&) = delete;

  struct Attributes {
    Node node;
    struct stat attr;
  };
  struct Writer {  // who asks
    uid_t uid;
    gid_t gid;
  };

  // An open file; `none` where the kernel named none.
  enum class Handle : std::uint64_t { none = 0 };

  Result<Attributes> lookup(const Node& folder, std::string_view name, Time now);
  // With a handle, the size of what that one sees.
  Result<struct stat> stat(const Node&, Handle = Handle::none);
  Result<Attributes> parent(const Node&);
  using Add =
      std::function<bool(std::string_view name, const Node&, const struct stat&, std::int64_t)>;
  Result<> list(const Node& folder, std::int64_t cookie, const Add&);

  // Each handle that create() or open() gave is given back by release().
  struct Created {
    Attributes file;
    Handle handle;
  };
  Result<Created> create(const Node& folder, std::string_view name, mode_t, Writer, Time now);
  enum class Truncate : bool { no, yes };
  Result<Handle> open(const Node&, Truncate, Writer, Time now);
  void release(Handle, Time now);
  Result<Attributes> make_folder(const Node& folder, std::string_view name, mode_t, Writer,
                                 Time now);
  Result<> remove(const Node& folder, std::string_view name, Time now);
  Result<> remove_folder(const Node& folder, std::string_view name, Time now);
  enum class Replace : bool { no, yes };
  // Takes what becomes final by it; then an error leaves the old name.
  Result<> rename(const Node& from, std::string_view name, const Node& to,
                  std::string_view new_name, Replace, Time now);

  // Calls `write` with a descriptor that may be written meanwhile; it answers where what it wrote
  // begins.
  using Write = std::function<Result<std::int64_t>(int fd)>;
  Result<> write(Handle, Time now, const Write&);
  // After a write was answered: see SpoolFile::look_ahead().
  void look_ahead(Handle);
  Result<std::size_t> read(Handle, std::int64_t offset, std::span<std::byte> into);
  virtual Result<> truncate(const Node&, Handle, std::int64_t size, Time now);
  Result<> sync(Handle);
  // What flush stands for: takes what was written by this handle, if its name is final. Where
  // that failed before and nothing was written since, the same error again.
  Result<> finish(Handle, Time now);

  struct Change {  // of attributes; what is not named stays
    std::optional<mode_t> mode;
    std::optional<uid_t> uid;
    std::optional<gid_t> gid;
    std::optional<timespec> atime, mtime;
  };
  Result<> change(const Node&, const Change&, Time now);
  // `flags` of setxattr(2): already_exists at XATTR_CREATE, not_found at XATTR_REPLACE.
  Result<> set_xattr(const Node&, const std::string& name, std::string value, int flags = 0);
  Result<std::string> xattr(const Node&, const std::string& name);
  Result<std::vector<std::string>> xattrs(const Node&);
  Result<> remove_xattr(const Node&, const std::string& name);

  // Lets go of ghosts, and takes (or refuses) what nobody finished.
  virtual void tidy(Time now);

  // The number of the folder of the tree that it stands in: what is in another one is on another
  // device, as far as a rename is concerned.
  Result<std::uint64_t> root_of(const Node&) const;

 protected:
  struct Item;
  struct Draft;
  struct KeptFile;
  using ItemPtr = std::shared_ptr<Item>;    // shared with the operations under way
  using DraftPtr = std::shared_ptr<Draft>;  // shared by the item and the handles that write it
  struct Open {
    ItemPtr item;
    DraftPtr draft;
    bool wrote = false;
  };
  // The kinds of its nodes.
  struct NodeKinds {
    Kind root;  // a folder of the tree; what is dropped stands below
    Kind item;
  };
  Drop(Store&, const Options&, NodeKinds, Time now);

  // -- what the descendants decide
  // What was written is complete, or a write failed (unwritten()). The draft's content lock is held
  // exclusively. On failure its spool file is gone, unless the draft says `written` again. On success
  // it may stay as long as the ghost (Draft::decided); if the draft says `written` again, it is to be
  // taken once more when its last handle is given back.
  virtual Result<> take(Item&, const DraftPtr&, Handle by, const std::string& path, Time now) = 0;
  virtual Result<SpoolFile> make_spool(std::string_view name) = 0;
  // The bytes of a draft that left the spool.
  virtual Result<Blob> settled(const Draft&) const = 0;
  // mutex_ is held in these. The root of that number, made when it is asked for first.
  virtual ItemPtr make_root(std::uint64_t number) = 0;
  // A folder is to be made there.
  virtual Result<> may_make_folder(const Item& parent, std::string_view name);
  virtual Result<ItemPtr> revive(const ItemPtr& folder, std::string_view name, Time now);
  virtual Result<> remove_kept(const std::string& path);
  virtual void folder_was_removed(const std::string& path, Time now);
  virtual void was_renamed(const std::string& old_path, const Item&, Time now);
  // It stays where it is, but of what stands in it something may have been taken by its new name.
  virtual void was_not_renamed(const std::string& new_path, const Item&, Time now);
  virtual void time_was_set(const Item&);
  // Where others may change what is shown: before an item is, and before a folder is listed. The
  // item may be gone by that.
  virtual void look_again(Item&);
  virtual void look_for_more(const ItemPtr& folder);
  virtual bool is_ghost(const Item&) const;  // of what nobody uses: else it stays
  virtual Result<> opens(Draft&);
  // mutex_ is not held. Before an item gets another name.
  virtual Result<> move_kept(Item&, std::string_view new_name);

  // A draft that comes to nothing: its writer hears why and has all the bytes.
  Result<> fail(Draft&, Error why);
  // The same for what is no fault of the file's: but where there is no writer who hears it (a
  // rename, tidy()) these may be the only bytes, so they stay and are tried again.
  Result<> put_off(Draft&, Handle by, Error why, Time now);
  // What is the file's fault: the bytes and the reason go to rejected/. If even that fails, they stay
  // with the draft, and its writer or tidy() tries again.
  Result<> reject(Draft&, std::string_view name, Error why, Time now);
  // By tidy(), after a pause that is longer each time; a rename does not wait for it.
  void try_later(Draft&, Time now);
  // A later flush brought all of what was rejected.
  void forget_rejected(Draft&);
  // Notes that this handle writes. Errors: no_such_file(). mutex_ is not held.
  Result<Open> opened_to_write(Handle);

  // mutex_ is held.
  ItemPtr find(const Node&);
  Result<ItemPtr> file(const Node&);
  Result<ItemPtr> folder(const Node&);
  Result<ItemPtr> child(const Item& folder, std::string_view name) const;
  Result<ItemPtr> add(const ItemPtr& folder, std::string_view name, mode_t, Writer, Time now);
  static Time::duration idle_max(const Item&);
  void stay_a_while(Item& folder, Time now);
  void detach(Item&, Time now);
  // What is always there, in a root.
  ItemPtr add_permanent_folder(const ItemPtr& root, std::string_view name);
  std::size_t depth(const Item&) const;
  Result<> check_depth(const Item& folder, std::size_t levels) const;
  std::string path(const Item&) const;
  Attributes attributes(const Item&) const;
  ItemPtr add_root(std::uint64_t number);
  Node node_of(const Item&) const;

  // drop_content.cpp: open files and their bytes.
  Result<Open> opened(Handle) const;
  static DraftPtr new_draft(Writer);
  Handle give_handle(const ItemPtr&);
  std::optional<Open> give_back(Handle, Time now);
  Result<> make_spool_file(Draft&, std::string_view name);
  // What stays in the spool, and nobody has open, holds no descriptor. No lock is held in rest(); the
  // content lock, exclusively, in wake().
  void rest(const DraftPtr&);
  Result<> wake(Draft&);
  Result<> write(const ItemPtr&, const DraftPtr&, Time now, const Write&);
  Result<> try_write(const ItemPtr&, const DraftPtr&, const Write&);

  // drop_finish.cpp: when they are taken.
  std::optional<Error> unwritten(const Draft&) const;
  // What was written and not yet taken, for nobody who wrote it. The content lock is held exclusively.
  Result<> take_unheard(Item&, const DraftPtr&, const std::string& path, Time now);
  // `was`: where it is renamed from.
  Result<> take_what_is_final(const ItemPtr&, const std::string& path, Time now,
                              const std::string& was = {});

  Store& store_;
  const Options& options_;
  const NodeKinds kinds_;

  mutable std::mutex mutex_;  // never held while a content lock is waited for
  std::unordered_map<std::uint64_t, ItemPtr> items_;  // by number; guarded by mutex_
  std::uint64_t next_number_;                         // guarded by mutex_
  std::unordered_map<Handle, Open> open_;             // guarded by mutex_
  std::uint64_t last_handle_ = 0;                     // guarded by mutex_
};

}  // namespace dcmfs::fs
