// What becomes of a file that was dropped into incoming/.
#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include <unistd.h>

#include "fs/incoming.h"
#include "fs/incoming_item.h"
#include "fs/incoming_names.h"
#include "store/archive.h"
#include "store/companion.h"

namespace dcmfs::fs {
namespace {

// Beside images, and not one.
bool is_company(int fd, std::string_view path) {
  if (is_never_image(last_part(path))) return true;
  if (path.find('/') == std::string_view::npos) return false;  // it did not come with a folder
  std::array<std::byte, kCompanionHeadBytes> head;
  const auto bytes = ::pread(fd, head.data(), head.size(), 0);
  return bytes >= 0 &&
         is_companion(last_part(path), {head.data(), static_cast<std::size_t>(bytes)});
}

bool begins_with(int fd, const Blob& beginning) {
  std::array<std::byte, 64 << 10> ours, theirs;
  for (std::int64_t at = 0; at < beginning.size();) {
    const auto n = beginning.read(at, theirs);
    if (!n || *n == 0 || ::pread(fd, ours.data(), *n, at) != static_cast<ssize_t>(*n)) return false;
    if (!std::equal(theirs.begin(), theirs.begin() + static_cast<std::ptrdiff_t>(*n),
                    ours.begin())) {
      return false;
    }
    at += static_cast<std::int64_t>(*n);
  }
  return true;
}

}  // namespace

// Programs may share one open file, and each of them flushes it: (head; tail) > IM1. If the file
// was cut between two elements, the first flush stored it, and now it is there as a whole.
bool Incoming::came_too_early(const Draft& draft, Handle by) const {
  if (draft.row == 0 || by == Handle::none || draft.stored_by != by) return false;
  const auto before = store_.open_file(RowId{draft.row.load()});
  return before && before->size() < draft.size && begins_with(draft.spool->fd(), *before);
}

// Decided by name and content. Fills in `line`; on success the file is not in the spool any more.
Result<> Incoming::import_file(Draft& draft, Handle by, ReportLine& line) {
  auto& file = *draft.spool;
  if (is_company(file.fd(), line.path)) {
    line.result = "ignored";
    line.reason = kCompany;
    draft.row = 0;
    return {};
  }
  // A crash from here on undoes nothing: what is complete is imported at the next start.
  DCMFS_CHECK(file.mark_complete());
  const Key before{Level::instance, RowId{draft.row.load()}};
  const bool early = came_too_early(draft, by);
  auto added = store_.add(file);
  if (!added && early && added.error().code == Errc::already_exists) {
    DCMFS_CHECK(store_.remove(before, Store::Removal::to_trash));
    added = store_.add(file);
  } else if (added && early && added->instance != before) {
    // If that fails, the beginning stays as an instance of its own.
    (void)store_.remove(before, Store::Removal::to_trash);
  }
  if (added) {
    tell(line, *added);
    draft.row = value(added->instance.row);
    draft.stored_by = added->existed ? Handle::none : by;
    return {};
  }
  if (added.error().code == Errc::not_dicom) {
    DCMFS_TRY(const bool archive, is_archive(file.fd()));
    if (archive) {
      line.result = "ignored";
      line.reason = "an archive; its members follow";
      draft.row = 0;
      archives_.add(std::move(file), line.path, line.uid);
      return {};
    }
  }
  return std::move(added).error();
}

Result<> Incoming::import(Item& item, const DraftPtr& draft, Handle by, const std::string& path,
                          Time now) {
  ReportLine line{.at = now, .path = path, .bytes = draft->size};
  {
    const std::scoped_lock lock(mutex_);
    line.uid = item.uid;
  }
  if (auto why = unwritten(*draft)) return drop(*draft, line, *std::move(why));
  auto imported = import_file(*draft, by, line);
  if (!imported && imported.error().code == Errc::no_space && by != Handle::none) {
    return drop(*draft, line, std::move(imported).error());
  }
  if (!imported) return refuse(*draft, line, std::move(imported).error());
  draft->spool.reset();
  if (!draft->rejected_as.empty()) {  // an earlier flush came before the file was complete
    // If that fails, it stands there for 30 days and harms nobody.
    (void)store_.rejected().remove(draft->rejected_as);
    draft->rejected_as.clear();
  }
  report_.append(line);
  const std::scoped_lock lock(mutex_);
  if (item.draft == draft && !item.unlinked) {
    accepted_.add(path, {draft->size, to_ns(item.mtime), draft->row, now});
  }
  return {};
}

// Nothing is lost. If even that fails, the draft stays where it is, and its writer may try again.
Result<> Incoming::refuse(Draft& draft, ReportLine& line, Error why) {
  line.result = "refused";
  line.reason = why.message;
  report_.append(line);
  const auto earlier = draft.rejected_as;
  auto kept = store_.rejected().put(*std::move(draft.spool), last_part(line.path), why, line.at);
  if (kept) {
    draft.spool.reset();
    draft.row = 0;
    draft.rejected_as = *std::move(kept);
    if (!earlier.empty()) (void)store_.rejected().remove(earlier);  // these bytes and more
  } else {
    (void)draft.spool->set_name(last_part(line.path));  // not complete, as far as a crash goes
  }
  draft.failure = why;
  draft.failed = true;
  return why;
}

std::optional<Error> Incoming::unwritten(const Draft& draft) const {
  const std::scoped_lock lock(mutex_);
  return draft.unwritten;
}

// Its writer hears of it and has all the bytes; kept, they would fill a disk that is full.
Result<> Incoming::drop(Draft& draft, ReportLine& line, Error why) {
  draft.spool.reset();
  draft.size = 0;
  draft.row = 0;
  line.result = "refused";
  line.reason = why.message;
  report_.append(line);
  draft.failure = why;
  draft.failed = true;
  return why;
}

Result<> Incoming::finish(Handle handle, Time now) {
  ItemPtr item;
  DraftPtr draft;
  {
    const std::scoped_lock lock(mutex_);
    DCMFS_TRY(const auto open, opened(handle));
    if (!open.wrote) return {};
    item = open.item;
    draft = open.draft;
  }
  const std::unique_lock content(draft->content);
  draft->closed = true;
  std::string at;
  {
    const std::scoped_lock lock(mutex_);
    at = path(*item);  // also if the name was removed or given to another file meanwhile
  }
  const bool is_short = unwritten(*draft).has_value();
  if (is_temporary(at) && !is_short) return {};
  if (draft->written.exchange(false) || (is_short && !draft->failed)) {
    return import(*item, draft, handle, at, now);
  }
  if (draft->failed) return *draft->failure;
  return {};
}

// After and before a rename: the files that were complete but for their name. What is still open is
// imported when it is flushed under the new one.
Result<> Incoming::import_what_is_final(const ItemPtr& top, const std::string& top_path, Time now) {
  struct Complete {
    ItemPtr item;
    DraftPtr draft;
    std::string path;
  };
  std::vector<Complete> files;
  {
    const std::scoped_lock lock(mutex_);
    std::vector<std::pair<ItemPtr, std::string>> to_visit{{top, top_path}};
    while (!to_visit.empty()) {
      const auto [item, at] = std::move(to_visit.back());
      to_visit.pop_back();
      for (const auto& [number, below] : item->children) {
        to_visit.emplace_back(below, at + "/" + below->name);
      }
      if (is_temporary(at)) continue;
      for (const auto& draft : item->drafts()) {
        if (draft->is_complete()) files.push_back({item, draft, at});
      }
    }
  }
  Result<> first_error;
  for (const auto& [item, draft, at] : files) {
    const std::unique_lock content(draft->content);
    if (!draft->closed || !draft->written.exchange(false)) continue;
    auto imported = import(*item, draft, Handle::none, at, now);
    if (!imported && first_error) first_error = std::move(imported);
  }
  return first_error;
}

}  // namespace dcmfs::fs
