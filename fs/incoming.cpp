#include "fs/incoming.h"

#include "fs/drop_item.h"
#include "fs/incoming_names.h"

namespace dcmfs::fs {

Incoming::Incoming(Store& store, const Options& options, const std::filesystem::path& folder,
                   IncomingReport& report, Time now)
    : Drop(store, options, {Kind::incoming, Kind::incoming_node}, now),
      report_(report),
      accepted_(folder / "accepted", now),
      archives_(store, report_) {}

Incoming::~Incoming() {
  // As after a crash: what is written and not imported waits in the spool for the next start, which
  // tries again what was put off.
  for (const auto& [number, item] : items_) {
    for (const auto& draft : item->drafts()) {
      // Of an archive its writer was told that it is taken.
      if (!draft->written || !draft->spool || (item->unlinked && !draft->decided)) continue;
      const bool whole =
          draft->decided || (draft->closed && !draft->unwritten && !is_temporary(path(*item)));
      if (whole) (void)draft->spool->mark_complete();
      draft->spool->leave();
    }
  }
}

void Incoming::tidy(Time now) {
  Drop::tidy(now);
  report_.write();
}

Result<Blob> Incoming::settled(const Draft& draft) const {
  if (draft.row != 0) return store_.open_file(RowId{draft.row.load()});
  if (!draft.rejected_as.empty()) return store_.rejected().open(draft.rejected_as);
  return Error{Errc::io, "the bytes of this file were not kept"};
}

// The name of what was removed from the archive is gone: rsync is to send it again.
void Incoming::look_again(Item& item) {
  if (!item.draft || item.draft->handles > 0 || item.draft->written || item.draft->row == 0) return;
  if (store_.entry({Level::instance, RowId{item.draft->row.load()}})) return;
  accepted_.forget(path(item));
  detach(item, now());
}

// A file that was accepted in the last days and has been let go since: as it was then, so that
// rsync finds it; and the folder that it stood in. Only who asks by name sees it.
Result<Incoming::ItemPtr> Incoming::revive(const ItemPtr& folder, std::string_view name, Time now) {
  const auto at = folder->is_root() ? std::string(name) : path(*folder) + "/" + std::string(name);
  const auto known = accepted_.find(at, now);
  if (!known) {
    if (!accepted_.has_folder(at, now)) return no_such_file();
    return add(folder, name, S_IFDIR | (0777 & ~options_.umask), {options_.uid, options_.gid}, now);
  }
  if (known->row != 0 && !store_.entry({Level::instance, RowId{known->row}})) {
    accepted_.forget(at);  // it was removed from the archive; it may come again
    return no_such_file();
  }
  DCMFS_TRY(auto item, add(folder, name, S_IFREG | (0666 & ~options_.umask),
                           {options_.uid, options_.gid}, now));
  item->draft->size = known->size;
  item->draft->row = known->row;
  item->mtime = from_ns(known->mtime_ns);
  return item;
}

// The old name is gone, as after any rename; what was accepted is known by the new one.
void Incoming::was_renamed(const std::string& old_path, const Item& item, Time now) {
  if (item.is_folder()) {
    accepted_.forget_folder(old_path, now);
  } else if (accepted_.find(old_path, now)) {
    accepted_.forget(old_path);
  } else {
    return;
  }
  note_accepted(item, now);
}

// Else mv would find a folder by the new name, and put this one into it.
void Incoming::was_not_renamed(const std::string& new_path, const Item& item, Time now) {
  item.is_folder() ? accepted_.forget_folder(new_path, now) : accepted_.forget(new_path);
}

// With all that is below it.
void Incoming::note_accepted(const Item& item, Time now) {
  for (const auto& [number, below] : item.children) note_accepted(*below, now);
  if (item.draft && item.draft->row != 0)
    accepted_.add(path(item), {item.draft->size, to_ns(item.mtime), item.draft->row, now});
}

// rsync and cp -p set the time after the last close: what they set is what they will look for.
void Incoming::time_was_set(const Item& item) {
  note_accepted(item, now());
}

}  // namespace dcmfs::fs
