#include "fs/worklist_items.h"

#include <cerrno>
#include <filesystem>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>

#include "fs/drop_item.h"
#include "fs/incoming_names.h"

namespace dcmfs::fs {
namespace {

// When the store was made, which is how old the folder is until something happens in it: the same on
// every mount, where the file system tells it.
std::optional<timespec> made(const std::filesystem::path& store) {
  struct statx status {};
  if (::statx(AT_FDCWD, store.c_str(), 0, STATX_BTIME, &status) != 0 ||
      (status.stx_mask & STATX_BTIME) == 0) {
    return std::nullopt;
  }
  return timespec{status.stx_btime.tv_sec, status.stx_btime.tv_nsec};
}

Result<Blob> duplicate(int fd, std::int64_t size) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return system_error(errno, "opening a worklist item");
  return Blob(copy, size);
}

}  // namespace

WorklistItems::WorklistItems(Store& store, const Options& options, Time now)
    : Drop(store, options, {Kind::worklists, Kind::worklist_node}, now),
      folder_(store.root() / "worklists") {}

Drop::ItemPtr WorklistItems::make_root(std::uint64_t number) {
  auto root = add_root(number);
  if (const auto at = made(store_.root())) root->mtime = *at;
  return root;
}

// -- what stands on disk; mutex_ is held

Result<Drop::ItemPtr> WorklistItems::adopt(const ItemPtr& folder, const std::string& name,
                                           const WorklistFolder::File& file, Time now) {
  const mode_t mode = (options_.read_only ? 0444 : 0666) & ~options_.umask;
  const auto changed = folder->mtime;  // by that the kernel knows whether its listing is good
  DCMFS_TRY(auto item, add(folder, name, S_IFREG | mode, {options_.uid, options_.gid}, now));
  folder->mtime = changed;
  item->draft->kept = std::make_unique<KeptFile>(KeptFile{name, file, {}});
  item->draft->size = file.size;
  item->mtime = item->atime = from_ns(file.modified_ns);
  return item;
}

Result<> WorklistItems::may_make_folder(const Item&, std::string_view) {
  return Error{Errc::denied, "a query does not look into folders"};
}

Result<Drop::ItemPtr> WorklistItems::revive(const ItemPtr& folder, std::string_view name,
                                            Time now) {
  DCMFS_TRY(const auto file, folder_.find(name));
  return adopt(folder, std::string(name), file, now);
}

void WorklistItems::look_again(Item& item) {
  if (item.is_root()) {
    const auto changed = folder_.changed();
    if (changed && to_ns(item.mtime) < *changed) item.mtime = from_ns(*changed);
    return;
  }
  if (item.unlinked || item.draft->written) return;
  const auto& kept = item.draft->kept;
  // Opened to be written anew, and nothing came of it: what is on disk is as it was.
  if (!kept && (item.draft->handles > 0 || item.draft->failed)) return;
  const std::string name = kept ? kept->name : item.name;
  const auto file = folder_.find(name);
  if (!file) {
    const bool gone = file.error().code == Errc::not_found;
    if (kept && gone && item.handles == 0) detach(item, now());
    return;
  }
  if (kept && kept->seen == *file) return;
  if (item.draft->handles > 0) item.others.push_back(item.draft);  // they go on with the old bytes
  item.draft = new_draft({options_.uid, options_.gid});
  item.draft->kept = std::make_unique<KeptFile>(KeptFile{name, *file, {}});
  item.draft->size = file->size;
  item.mtime = from_ns(file->modified_ns);
}

void WorklistItems::look_for_more(const ItemPtr& folder) {
  const auto known = folder->children;  // a copy: what is gone leaves it
  for (const auto& [number, item] : known) look_again(*item);
  const auto names = folder_.names();
  if (!names) return;
  for (const auto& name : *names) {
    if (folder->names.contains(name)) continue;
    if (const auto file = folder_.find(name)) (void)adopt(folder, name, *file, now());
  }
}

bool WorklistItems::is_ghost(const Item& item) const {
  return item.is_folder() || !item.draft->kept;
}

// Who has it open reads these bytes also when another file takes its place.
Result<> WorklistItems::opens(Draft& draft) {
  if (!draft.kept || draft.kept->open) return {};
  DCMFS_TRY(draft.kept->open, folder_.open(draft.kept->name));
  return {};
}

Result<> WorklistItems::remove_kept(const std::string& path) {
  return folder_.remove(last_part(path));
}

void WorklistItems::time_was_set(const Item& item) {
  const auto& kept = item.draft->kept;
  if (!kept || item.draft->written) return;
  (void)folder_.set_modified(kept->name, to_time(item.mtime));
  if (const auto file = folder_.find(kept->name)) kept->seen = *file;
}

// -- mutex_ is not held

Result<> WorklistItems::move_kept(Item& item, std::string_view new_name) {
  const std::scoped_lock lock(mutex_);
  if (item.is_folder() || !item.draft->kept) return {};
  auto& kept = *item.draft->kept;
  if (kept.name == new_name) return {};
  DCMFS_CHECK(folder_.rename(kept.name, new_name));
  kept.name = new_name;
  return {};
}

Result<Blob> WorklistItems::settled(const Draft& draft) const {
  if (!draft.rejected_as.empty()) return store_.rejected().open(draft.rejected_as);
  const std::scoped_lock lock(mutex_);
  if (!draft.kept) return Error{Errc::io, "the bytes of this file were not kept"};
  const auto& open = draft.kept->open;
  return open ? duplicate(open->fd(), open->size()) : folder_.open(draft.kept->name);
}

Result<> WorklistItems::truncate(const Node& node, Handle handle, std::int64_t size, Time now) {
  if (handle != Handle::none) return Drop::truncate(node, handle, size, now);
  DCMFS_TRY(const auto own, open(node, Truncate::no, {options_.uid, options_.gid}, now));
  auto done = Drop::truncate(node, own, size, now);
  if (done) done = finish(own, now);
  release(own, now);
  return done;
}

Result<> WorklistItems::take(Item& item, const DraftPtr& draft, Handle by, const std::string& path,
                             Time now) {
  if (auto why = unwritten(*draft)) return fail(*draft, *std::move(why));
  const std::string name(last_part(path));
  Time modified;
  bool wanted;
  {
    const std::scoped_lock lock(mutex_);
    modified = to_time(item.mtime);
    // Thumbs.db and the like are passed over, as in incoming/.
    wanted = !item.unlinked && (is_worklist_name(name) || !is_never_image(name));
  }
  if (!wanted) {
    draft->spool.reset();
    return {};
  }
  auto bytes = duplicate(draft->spool->fd(), draft->size);
  if (!bytes) return put_off(*draft, by, std::move(bytes).error(), now);
  const auto file = folder_.put(*draft->spool, name, modified);
  if (!file && is_about_the_file(file.error().code)) return reject(*draft, name, file.error(), now);
  if (!file) return put_off(*draft, by, file.error(), now);
  draft->spool.reset();
  forget_rejected(*draft);
  const std::scoped_lock lock(mutex_);
  if (draft->kept && draft->kept->name != name) (void)folder_.remove(draft->kept->name);
  draft->kept = std::make_unique<KeptFile>(KeptFile{name, *file, {}});
  if (draft->handles > 0) draft->kept->open = *std::move(bytes);
  return {};
}

}  // namespace dcmfs::fs
