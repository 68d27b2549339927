#include "fs/incoming.h"

#include <algorithm>
#include <chrono>

#include "fs/incoming_item.h"
#include "fs/incoming_names.h"

namespace dcmfs::fs {
namespace {

constexpr std::size_t kNameBytesMax = 255;

// Numbers go on where the last mount may have been: a kernel or an NFS client
// must not take a new file for an old one.
std::uint64_t first_number(Time now) {
  constexpr auto kEpoch = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - kEpoch).count();
  return (static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 1)) << 8) & kRowMask;
}

}  // namespace

Incoming::Incoming(Store& store, const Options& options, const std::filesystem::path& folder,
                   Time now)
    : store_(store),
      options_(options),
      report_(store, folder / "report.jsonl"),
      accepted_(folder / "accepted", now),
      next_number_(first_number(now)),
      archives_(store, report_) {
  auto root = std::make_shared<Item>(0);
  root->mode = S_IFDIR | ((options.read_only ? 0555 : 0777) & ~options.umask);
  root->uid = options.uid;
  root->gid = options.gid;
  root->mtime = root->atime = to_timespec(now);
  items_.emplace(0, std::move(root));
}

Incoming::~Incoming() {
  // As after a crash: what is written and not imported waits in the spool for the next start.
  for (const auto& [number, item] : items_) {
    for (const auto& draft : item->drafts()) {
      if (draft->written && draft->spool && !item->unlinked) draft->spool->leave();
    }
  }
}

// -- finding; mutex_ is held

Incoming::ItemPtr Incoming::find(const Node& node) const {
  const auto item = items_.find(node.kind == Kind::incoming ? 0 : node.row);
  return item == items_.end() ? nullptr : item->second;
}

Result<Incoming::ItemPtr> Incoming::file(const Node& node) const {
  auto item = find(node);
  if (item == nullptr) return no_such_file();
  if (item->is_folder()) return Error{Errc::invalid_argument, "a folder, not a file"};
  return item;
}

Result<Incoming::ItemPtr> Incoming::folder(const Node& node) const {
  auto item = find(node);
  if (item == nullptr || !item->is_folder()) return no_such_file();
  return item;
}

Result<Incoming::ItemPtr> Incoming::child(const Item& folder, std::string_view name) const {
  const auto found = folder.names.find(name);
  if (found == folder.names.end()) return no_such_file();
  return folder.children.at(found->second);
}

std::size_t Incoming::depth(const Item& item) const {
  std::size_t depth = 0;
  for (const auto* at = &item; at->number != 0; at = items_.at(at->parent).get()) ++depth;
  return depth;
}

// Of paths without end every look at a file would take longer than the last.
Result<> Incoming::check_depth(const Item& folder, std::size_t levels) const {
  if (depth(folder) + levels <= kDepthMax) return {};
  return Error{Errc::too_large, "folders are nested too deep"};
}

std::string Incoming::path(const Item& item) const {
  if (item.unlinked) return item.last_path;
  std::string path = item.name;
  for (auto above = item.parent; above != 0;) {
    const auto& folder = *items_.at(above);
    path.insert(0, folder.name + "/");
    above = folder.parent;
  }
  return path;
}

Incoming::Attributes Incoming::attributes(const Item& item) const {
  struct stat st {};
  st.st_ino = ino(item.node());
  st.st_mode = item.mode;
  st.st_nlink = 1;
  st.st_uid = item.uid;
  st.st_gid = item.gid;
  st.st_size = item.draft ? item.draft->size.load() : 0;
  st.st_blksize = 128 << 10;
  st.st_blocks = (st.st_size + 511) / 512;
  st.st_mtim = item.mtime;
  st.st_ctim = item.mtime;
  st.st_atim = item.atime;
  return {item.node(), st};
}

// -- making and removing; mutex_ is held

Result<Incoming::ItemPtr> Incoming::add(const ItemPtr& folder, std::string_view name, mode_t mode,
                                        Writer writer, Time now) {
  if (name.size() > kNameBytesMax) return Error{Errc::too_large, "the name is too long"};
  DCMFS_CHECK(check_depth(*folder, 1));
  if (items_.size() >= kItemsMax) {
    return Error{Errc::no_space, "incoming holds too many files that are not yet imported"};
  }
  auto item = std::make_shared<Item>(next_number_++);
  item->parent = folder->number;
  item->name = name;
  item->mode = mode;
  item->uid = writer.uid;
  item->gid = writer.gid;
  item->atime = item->mtime = to_timespec(now);
  item->last_use = now;
  if (!item->is_folder()) item->draft = std::make_shared<Draft>();
  folder->names.emplace(name, item->number);
  folder->children.emplace(item->number, item);
  folder->mtime = to_timespec(now);
  folder->last_use = now;
  items_.emplace(item->number, item);
  return item;
}

void Incoming::detach(Item& item, Time now) {
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

// A file that was accepted in the last days and has been let go since: as it was then, so that
// rsync finds it. Only who asks by name sees it.
Result<Incoming::ItemPtr> Incoming::revive(const ItemPtr& folder, std::string_view name, Time now) {
  const auto at = folder->number == 0 ? std::string(name) : path(*folder) + "/" + std::string(name);
  const auto known = accepted_.find(at, now);
  if (!known) return no_such_file();
  if (known->row != 0 && !store_.entry({Level::instance, RowId{known->row}})) {
    accepted_.forget(at);  // it was removed from the archive; it may come again
    return no_such_file();
  }
  DCMFS_TRY(auto item, add(folder, name, S_IFREG | (0666 & ~options_.umask),
                           {options_.uid, options_.gid}, now));
  item->draft->size = known->size;
  item->draft->row = known->row;
  item->mtime = {known->mtime_ns / 1'000'000'000, known->mtime_ns % 1'000'000'000};
  return item;
}

// -- what the mount asks

Result<Incoming::Attributes> Incoming::lookup(const Node& in, std::string_view name, Time now) {
  const std::scoped_lock lock(mutex_);
  DCMFS_TRY(const auto parent, folder(in));
  auto item = child(*parent, name);
  if (!item) item = revive(parent, name, now);
  if (!item) return item.error();
  return attributes(**item);
}

Result<struct stat> Incoming::stat(const Node& node, Handle handle) {
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

Result<Incoming::Attributes> Incoming::parent(const Node& node) {
  const std::scoped_lock lock(mutex_);
  const auto item = find(node);
  if (item == nullptr || item->unlinked) return no_such_file();
  return attributes(*items_.at(item->parent));
}

Result<> Incoming::list(const Node& in, std::int64_t cookie, const Add& add_entry) {
  const std::scoped_lock lock(mutex_);
  DCMFS_TRY(const auto parent, folder(in));
  for (auto at = parent->children.upper_bound(static_cast<std::uint64_t>(cookie));
       at != parent->children.end(); ++at) {
    const auto attr = attributes(*at->second);
    if (!add_entry(at->second->name, attr.node, attr.attr, static_cast<std::int64_t>(at->first))) {
      break;
    }
  }
  return {};
}

Result<Incoming::Attributes> Incoming::make_folder(const Node& in, std::string_view name,
                                                   mode_t mode, Writer writer, Time now) {
  const std::scoped_lock lock(mutex_);
  DCMFS_TRY(const auto parent, folder(in));
  if (child(*parent, name)) return Error{Errc::already_exists, "there is a folder of that name"};
  DCMFS_TRY(const auto item, add(parent, name, S_IFDIR | (mode & 07777), writer, now));
  return attributes(*item);
}

Result<> Incoming::remove(const Node& in, std::string_view name, Time now) {
  const std::scoped_lock lock(mutex_);
  DCMFS_TRY(const auto parent, folder(in));
  DCMFS_TRY(const auto item, child(*parent, name));
  if (item->is_folder()) return Error{Errc::invalid_argument, "a folder"};
  accepted_.forget(path(*item));
  detach(*item, now);
  return {};
}

Result<> Incoming::remove_folder(const Node& in, std::string_view name, Time now) {
  const std::scoped_lock lock(mutex_);
  DCMFS_TRY(const auto parent, folder(in));
  DCMFS_TRY(const auto item, child(*parent, name));
  if (!item->is_folder()) return Error{Errc::invalid_argument, "not a folder"};
  if (!item->children.empty()) return Error{Errc::busy, "the folder is not empty"};
  detach(*item, now);
  return {};
}

Result<> Incoming::rename(const Node& from, std::string_view name, const Node& to,
                          std::string_view new_name, Replace replace, Time now) {
  ItemPtr item;
  std::string new_path;
  {
    const std::scoped_lock lock(mutex_);
    DCMFS_TRY(const auto parent, folder(from));
    DCMFS_TRY(item, child(*parent, name));
    DCMFS_TRY(const auto target, folder(to));
    if (new_name.size() > kNameBytesMax) return Error{Errc::too_large, "the name is too long"};
    DCMFS_CHECK(check_depth(*target, item->levels()));
    new_path =
        target->number == 0 ? std::string(new_name) : path(*target) + "/" + std::string(new_name);
    for (auto above = target; above->number != 0; above = items_.at(above->parent)) {
      if (above == item) return Error{Errc::invalid_argument, "a folder cannot go into itself"};
    }
    if (const auto old = child(*target, new_name); old && *old != item) {
      if (replace == Replace::no) return Error{Errc::already_exists, "the new name is taken"};
      if (!(*old)->children.empty()) return Error{Errc::busy, "the folder is not empty"};
    }
  }
  DCMFS_CHECK(import_what_is_final(item, new_path, now));
  {
    const std::scoped_lock lock(mutex_);
    DCMFS_TRY(const auto target, folder(to));
    if (item->unlinked) return no_such_file();
    if (const auto old = child(*target, new_name); old && *old != item) detach(**old, now);
    auto& source = *items_.at(item->parent);
    source.names.erase(item->name);
    source.children.erase(item->number);
    source.mtime = target->mtime = to_timespec(now);
    item->name = new_name;
    item->parent = target->number;
    item->last_use = now;
    target->names.insert_or_assign(item->name, item->number);
    target->children.emplace(item->number, item);
  }
  // What was flushed meanwhile, under the old name.
  return import_what_is_final(item, new_path, now);
}

Result<> Incoming::change(const Node& node, const Change& change, Time now) {
  const std::scoped_lock lock(mutex_);
  const auto item = find(node);
  if (item == nullptr) return no_such_file();
  if (change.mode) item->mode = (item->mode & S_IFMT) | (*change.mode & 07777);
  if (change.uid) item->uid = *change.uid;
  if (change.gid) item->gid = *change.gid;
  if (change.atime) item->atime = *change.atime;
  if (change.mtime) item->mtime = *change.mtime;
  item->last_use = now;
  // rsync and cp -p set the time after the last close: what they set is what they will look for.
  if (change.mtime && item->draft && item->draft->row != 0 && !item->unlinked) {
    accepted_.add(path(*item), {item->draft->size, to_ns(item->mtime), item->draft->row, now});
  }
  return {};
}

Result<> Incoming::set_xattr(const Node& node, const std::string& name, std::string value) {
  const std::scoped_lock lock(mutex_);
  const auto item = find(node);
  if (item == nullptr) return no_such_file();
  auto bytes = name.size() + value.size();
  for (const auto& [other, text] : item->xattrs) bytes += other.size() + text.size();
  if (bytes > kXattrBytesMax) return Error{Errc::no_space, "too many extended attributes"};
  item->xattrs[name] = std::move(value);
  return {};
}

Result<std::string> Incoming::xattr(const Node& node, const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto item = find(node);
  if (item == nullptr || !item->xattrs.contains(name)) return no_such_file();
  return item->xattrs[name];
}

Result<std::vector<std::string>> Incoming::xattrs(const Node& node) {
  const std::scoped_lock lock(mutex_);
  const auto item = find(node);
  if (item == nullptr) return no_such_file();
  std::vector<std::string> names;
  for (const auto& [name, text] : item->xattrs) names.push_back(name);
  return names;
}

Result<> Incoming::remove_xattr(const Node& node, const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto item = find(node);
  if (item == nullptr || item->xattrs.erase(name) == 0) return no_such_file();
  return {};
}

void Incoming::tidy(Time now) {
  struct Unfinished {
    ItemPtr item;
    DraftPtr draft;
    std::string path;
  };
  std::vector<Unfinished> unfinished;
  {
    const std::scoped_lock lock(mutex_);
    std::vector<ItemPtr> idle;
    for (const auto& [number, item] : items_) {
      if (number == 0 || item->unlinked) continue;
      if (item->is_pending()) {
        const auto at = path(*item);
        const bool given_up = item->last_use + kUnfinishedIdle < now;
        for (const auto& draft : item->drafts()) {
          if (draft->handles > 0 || !draft->written) continue;
          const bool final = draft->closed && !is_temporary(at);
          if (final || given_up) unfinished.push_back({item, draft, at});
        }
      } else if (item->handles == 0 && item->last_use + kGhostIdle < now &&
                 item->children.empty()) {
        idle.push_back(item);
      }
    }
    for (const auto& item : idle) detach(*item, now);
  }
  for (const auto& [item, draft, at] : unfinished) {
    const std::unique_lock content(draft->content);
    {
      const std::scoped_lock lock(mutex_);
      if (draft->handles > 0) continue;  // opened again meanwhile
    }
    // Its writer is gone and nobody hears the error; the report and rejected/ tell it.
    if (draft->written.exchange(false)) (void)import(*item, draft, Handle::none, at, now);
    const std::scoped_lock lock(mutex_);
    item->forget_finished_drafts();
  }
  report_.write();
}

}  // namespace dcmfs::fs
