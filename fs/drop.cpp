#include "fs/drop.h"

#include <algorithm>
#include <chrono>

#include <sys/xattr.h>

#include "fs/drop_item.h"
#include "fs/incoming_names.h"

namespace dcmfs::fs {
namespace {

constexpr std::size_t kNameBytesMax = 255;

// Numbers go on where the last mount may have been: a kernel or an NFS client
// must not take a new file for an old one.
std::uint64_t first_number(Time now) {
  constexpr auto kEpoch = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - kEpoch).count();
  // The upper half of the numbers is for roots.
  return (static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 1)) << 8) & (kRowMask >> 1);
}

}  // namespace

Drop::Drop(Store& store, const Options& options, NodeKinds kinds, Time now)
    : store_(store), options_(options), kinds_(kinds), next_number_(first_number(now)) {}

// -- what a descendant need not know

Result<Drop::ItemPtr> Drop::revive(const ItemPtr&, std::string_view, Time) {
  return no_such_file();
}
Result<> Drop::may_make_folder(const Item&, std::string_view) {
  return {};
}
Result<> Drop::remove_kept(const std::string&) {
  return {};
}
void Drop::folder_was_removed(const std::string&, Time) {}
void Drop::was_renamed(const std::string&, const Item&, Time) {}
void Drop::was_not_renamed(const std::string&, const Item&, Time) {}
void Drop::time_was_set(const Item&) {}
void Drop::look_again(Item&) {}
void Drop::look_for_more(const ItemPtr&) {}
bool Drop::is_ghost(const Item&) const {
  return true;
}
Result<> Drop::opens(Draft&) {
  return {};
}
Result<> Drop::move_kept(Item&, std::string_view) {
  return {};
}

// -- finding; mutex_ is held

Drop::ItemPtr Drop::find(const Node& node) {
  const auto known = items_.find(node.row);
  ItemPtr item;
  if (known != items_.end()) {
    item = known->second;
  } else if (node.kind == kinds_.root) {
    item = make_root(node.row);
  }
  if (item == nullptr) return nullptr;
  const bool was_unlinked = item->unlinked;  // and open
  look_again(*item);
  return item->unlinked && !was_unlinked ? nullptr : item;
}

Node Drop::node_of(const Item& item) const {
  return {item.is_root() ? kinds_.root : kinds_.item, item.number};
}

Result<std::uint64_t> Drop::root_of(const Node& node) const {
  if (node.kind == kinds_.root) return node.row;
  const std::scoped_lock lock(mutex_);
  const auto item = items_.find(node.row);
  if (item == items_.end()) return no_such_file();
  return item->second->root;
}

Result<Drop::ItemPtr> Drop::file(const Node& node) {
  auto item = find(node);
  if (item == nullptr) return no_such_file();
  if (!S_ISREG(item->mode)) return Error{Errc::invalid_argument, "not a file"};
  return item;
}

Result<Drop::ItemPtr> Drop::folder(const Node& node) {
  auto item = find(node);
  if (item == nullptr || !item->is_folder()) return no_such_file();
  return item;
}

Result<Drop::ItemPtr> Drop::child(const Item& folder, std::string_view name) const {
  const auto found = folder.names.find(name);
  if (found == folder.names.end()) return no_such_file();
  return folder.children.at(found->second);
}

std::size_t Drop::depth(const Item& item) const {
  std::size_t depth = 0;
  for (const auto* at = &item; !at->is_root(); at = items_.at(at->parent).get()) ++depth;
  return depth;
}

// Of paths without end every look at a file would take longer than the last.
Result<> Drop::check_depth(const Item& folder, std::size_t levels) const {
  if (depth(folder) + levels <= kDepthMax) return {};
  return Error{Errc::too_large, "folders are nested too deep"};
}

std::string Drop::path(const Item& item) const {
  if (item.unlinked) return item.last_path;
  std::string path = item.name;
  for (auto above = item.parent; above != item.root;) {
    const auto& folder = *items_.at(above);
    path.insert(0, folder.name + "/");
    above = folder.parent;
  }
  return path;
}

Drop::Attributes Drop::attributes(const Item& item) const {
  struct stat st {};
  st.st_ino = ino(node_of(item));
  st.st_mode = item.mode;
  st.st_nlink = 1;
  st.st_uid = item.uid;
  st.st_gid = item.gid;
  st.st_size = item.draft ? item.draft->size.load() : static_cast<off_t>(item.target.size());
  st.st_blksize = 128 << 10;
  st.st_blocks = (st.st_size + 511) / 512;
  st.st_mtim = item.mtime;
  st.st_ctim = item.mtime;
  st.st_atim = item.atime;
  return {node_of(item), st};
}

// -- making and removing; mutex_ is held

Drop::ItemPtr Drop::add_root(std::uint64_t number) {
  auto root = std::make_shared<Item>(number);
  root->root = root->parent = number;
  root->mode = S_IFDIR | ((options_.read_only ? 0555 : 0777) & ~options_.umask);
  root->uid = options_.uid;
  root->gid = options_.gid;
  root->mtime = root->atime = to_timespec(now());
  items_.emplace(number, root);
  return root;
}

Result<Drop::ItemPtr> Drop::add(const ItemPtr& folder, std::string_view name, mode_t mode,
                                Writer writer, Time now) {
  if (name.size() > kNameBytesMax) return Error{Errc::too_large, "the name is too long"};
  DCMFS_CHECK(check_depth(*folder, 1));
  if (items_.size() >= kItemsMax) {
    return Error{Errc::no_space, "too many files were dropped and are not yet taken"};
  }
  auto item = std::make_shared<Item>(next_number_++);
  item->parent = folder->number;
  item->root = folder->root;
  item->name = name;
  item->mode = mode;
  item->uid = writer.uid;
  item->gid = writer.gid;
  item->atime = item->mtime = to_timespec(now);
  item->last_use = now;
  if (S_ISREG(mode)) item->draft = new_draft(writer);
  folder->names.emplace(name, item->number);
  folder->children.emplace(item->number, item);
  folder->mtime = to_timespec(now);
  folder->last_use = now;
  folder->has_held = true;
  items_.emplace(item->number, item);
  return item;
}

Drop::ItemPtr Drop::add_permanent_folder(const ItemPtr& root, std::string_view name) {
  auto added = add(root, name, root->mode, {root->uid, root->gid}, now());
  if (!added) return nullptr;
  (*added)->is_permanent = true;
  return *std::move(added);
}

void Drop::detach(Item& item, Time now) {
  item.last_path = path(item);
  auto& folder = *items_.at(item.parent);
  const auto named = folder.names.find(item.name);
  if (named != folder.names.end() && named->second == item.number) folder.names.erase(named);
  folder.mtime = to_timespec(now);
  folder.last_use = now;
  item.unlinked = true;
  const auto number = item.number;
  if (item.handles == 0) items_.erase(number);
  folder.children.erase(number);  // last: it may hold the item
}

// rsync makes all folders of one level before it sends what is in the first: one that nothing stood in is no ghost yet.
Time::duration Drop::idle_max(const Item& item) {
  if (item.is_folder() && !item.has_held) return kUnfinishedIdle;
  return kGhostIdle;
}

// Not let go of by tidy() while the kernel may still make something in it without a question.
void Drop::stay_a_while(Item& folder, Time now) {
  folder.last_use = std::max(folder.last_use, now - kGhostIdle + kFolderStays);
}

// -- what the mount asks

Result<Drop::Attributes> Drop::lookup(const Node& in, std::string_view name, Time now) {
  const std::scoped_lock lock(mutex_);
  DCMFS_TRY(const auto parent, folder(in));
  auto item = child(*parent, name);
  if (item) look_again(**item);
  if (!item || (*item)->unlinked) item = revive(parent, name, now);
  if (!item) return item.error();
  if ((*item)->is_folder()) stay_a_while(**item, now);
  return attributes(**item);
}

Result<struct stat> Drop::stat(const Node& node, Handle handle) {
  const std::scoped_lock lock(mutex_);
  const auto item = find(node);
  if (item == nullptr) return no_such_file();
  auto attr = attributes(*item).attr;
  if (const auto open = open_.find(handle); open != open_.end()) {
    attr.st_size = open->second.draft->size;
    attr.st_blocks = (attr.st_size + 511) / 512;
  }
  return attr;
}

Result<Drop::Attributes> Drop::parent(const Node& node) {
  const std::scoped_lock lock(mutex_);
  const auto item = find(node);
  if (item == nullptr || item->unlinked) return no_such_file();
  return attributes(*items_.at(item->parent));
}

Result<> Drop::list(const Node& in, std::int64_t cookie, const Add& add_entry) {
  const std::scoped_lock lock(mutex_);
  DCMFS_TRY(const auto parent, folder(in));
  const auto& children = parent->children;
  if (children.empty() || cookie < static_cast<std::int64_t>(children.begin()->first)) {
    look_for_more(parent);
  }
  for (auto at = parent->children.upper_bound(static_cast<std::uint64_t>(cookie));
       at != parent->children.end(); ++at) {
    const auto attr = attributes(*at->second);
    if (!add_entry(at->second->name, attr.node, attr.attr, static_cast<std::int64_t>(at->first))) {
      break;
    }
  }
  return {};
}

Result<Drop::Attributes> Drop::make_folder(const Node& in, std::string_view name, mode_t mode,
                                           Writer writer, Time now) {
  const std::scoped_lock lock(mutex_);
  DCMFS_TRY(const auto parent, folder(in));
  if (child(*parent, name)) return Error{Errc::already_exists, "there is a folder of that name"};
  DCMFS_CHECK(may_make_folder(*parent, name));
  DCMFS_TRY(const auto item, add(parent, name, S_IFDIR | (mode & 07777), writer, now));
  return attributes(*item);
}

Result<> Drop::remove(const Node& in, std::string_view name, Time now) {
  const std::scoped_lock lock(mutex_);
  DCMFS_TRY(const auto parent, folder(in));
  DCMFS_TRY(const auto item, child(*parent, name));
  if (item->is_folder()) return Error{Errc::invalid_argument, "a folder"};
  DCMFS_CHECK(remove_kept(path(*item)));
  detach(*item, now);
  return {};
}

Result<> Drop::remove_folder(const Node& in, std::string_view name, Time now) {
  const std::scoped_lock lock(mutex_);
  DCMFS_TRY(const auto parent, folder(in));
  DCMFS_TRY(const auto item, child(*parent, name));
  if (!item->is_folder()) return Error{Errc::invalid_argument, "not a folder"};
  if (item->is_permanent) return Error{Errc::denied, "this folder stays"};
  if (!item->children.empty()) return Error{Errc::busy, "the folder is not empty"};
  folder_was_removed(path(*item), now);
  detach(*item, now);
  return {};
}

Result<> Drop::rename(const Node& from, std::string_view name, const Node& to,
                      std::string_view new_name, Replace replace, Time now) {
  ItemPtr item;
  std::string was, new_path;
  {
    const std::scoped_lock lock(mutex_);
    DCMFS_TRY(const auto parent, folder(from));
    DCMFS_TRY(item, child(*parent, name));
    DCMFS_TRY(const auto target, folder(to));
    if (item->is_permanent) return Error{Errc::denied, "this folder stays"};
    if (new_name.size() > kNameBytesMax) return Error{Errc::too_large, "the name is too long"};
    DCMFS_CHECK(check_depth(*target, item->levels()));
    was = path(*item);
    new_path =
        target->is_root() ? std::string(new_name) : path(*target) + "/" + std::string(new_name);
    for (auto above = target; !above->is_root(); above = items_.at(above->parent)) {
      if (above == item) return Error{Errc::invalid_argument, "a folder cannot go into itself"};
    }
    if (const auto old = child(*target, new_name); old && *old != item) {
      if (replace == Replace::no) return Error{Errc::already_exists, "the new name is taken"};
      if (!(*old)->children.empty()) return Error{Errc::busy, "the folder is not empty"};
      if ((*old)->is_permanent) return Error{Errc::denied, "this folder stays"};
    }
  }
  if (auto taken = take_what_is_final(item, new_path, now, was); !taken) {
    const std::scoped_lock lock(mutex_);
    was_not_renamed(new_path, *item, now);
    return taken;
  }
  DCMFS_CHECK(move_kept(*item, new_name));
  {
    const std::scoped_lock lock(mutex_);
    DCMFS_TRY(const auto target, folder(to));
    if (item->unlinked) return no_such_file();
    if (const auto old = child(*target, new_name); old && *old != item) detach(**old, now);
    const auto old_path = path(*item);
    auto& source = *items_.at(item->parent);
    source.names.erase(item->name);
    source.children.erase(item->number);
    source.mtime = target->mtime = to_timespec(now);
    item->name = new_name;
    item->parent = target->number;
    item->last_use = now;
    target->names.insert_or_assign(item->name, item->number);
    target->children.emplace(item->number, item);
    target->has_held = true;
    was_renamed(old_path, *item, now);
  }
  // What was flushed meanwhile, under the old name.
  return take_what_is_final(item, new_path, now);
}

Result<> Drop::change(const Node& node, const Change& change, Time now) {
  const std::scoped_lock lock(mutex_);
  const auto item = find(node);
  if (item == nullptr) return no_such_file();
  if (change.mode) item->mode = (item->mode & S_IFMT) | (*change.mode & 07777);
  if (change.uid) item->uid = *change.uid;
  if (change.gid) item->gid = *change.gid;
  if (change.atime) item->atime = *change.atime;
  if (change.mtime) item->mtime = *change.mtime;
  item->last_use = now;
  if (change.mtime && item->draft && !item->unlinked) time_was_set(*item);
  return {};
}

Result<> Drop::set_xattr(const Node& node, const std::string& name, std::string value, int flags) {
  const std::scoped_lock lock(mutex_);
  const auto item = find(node);
  if (item == nullptr) return no_such_file();
  const bool is_there = item->xattrs.contains(name);
  if (is_there && (flags & XATTR_CREATE) != 0)
    return Error{Errc::already_exists, "the attribute is there"};
  if (!is_there && (flags & XATTR_REPLACE) != 0)
    return Error{Errc::not_found, "there is no such attribute"};
  auto bytes = name.size() + value.size();
  for (const auto& [other, text] : item->xattrs) {
    if (other != name) bytes += other.size() + text.size();
  }
  if (bytes > kXattrBytesMax) return Error{Errc::no_space, "too many extended attributes"};
  item->xattrs[name] = std::move(value);
  return {};
}

Result<std::string> Drop::xattr(const Node& node, const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto item = find(node);
  if (item == nullptr || !item->xattrs.contains(name)) return no_such_file();
  return item->xattrs[name];
}

Result<std::vector<std::string>> Drop::xattrs(const Node& node) {
  const std::scoped_lock lock(mutex_);
  const auto item = find(node);
  if (item == nullptr) return no_such_file();
  std::vector<std::string> names;
  for (const auto& [name, text] : item->xattrs) names.push_back(name);
  return names;
}

Result<> Drop::remove_xattr(const Node& node, const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto item = find(node);
  if (item == nullptr || item->xattrs.erase(name) == 0) return no_such_file();
  return {};
}

void Drop::tidy(Time now) {
  struct Unfinished {
    ItemPtr item;
    DraftPtr draft;
    std::string path;
  };
  std::vector<Unfinished> unfinished;
  std::vector<ItemPtr> idle;  // whose bytes, of company, go when nobody waits for the lock
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [number, item] : items_) {
      if (item->is_root() || item->is_permanent || item->unlinked) continue;
      if (item->is_pending()) {
        const auto at = path(*item);
        const bool given_up = item->last_use + kUnfinishedIdle < now;
        for (const auto& draft : item->drafts()) {
          if (draft->handles > 0 || !draft->written || draft->is_early(now)) continue;
          const bool final = draft->closed && !is_temporary(at);
          if (final || given_up) unfinished.push_back({item, draft, at});
        }
      } else if (item->handles == 0 && item->last_use + idle_max(*item) < now &&
                 item->children.empty() && is_ghost(*item)) {
        idle.push_back(item);
      }
    }
    for (const auto& item : idle) detach(*item, now);
  }
  idle.clear();
  for (const auto& [item, draft, at] : unfinished) {
    {
      const std::unique_lock content(draft->content);
      {
        const std::scoped_lock lock(mutex_);
        if (draft->handles > 0) continue;  // opened again meanwhile
      }
      // Its writer is gone and nobody hears the error.
      (void)take_unheard(*item, draft, at, now);
    }
    rest(draft);
    const std::scoped_lock lock(mutex_);
    item->forget_finished_drafts();
  }
}

}  // namespace dcmfs::fs
