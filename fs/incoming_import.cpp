// What becomes of a file that was dropped into incoming/.
#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include <unistd.h>

#include "fs/drop_item.h"
#include "fs/incoming.h"
#include "fs/incoming_names.h"
#include "store/archive.h"
#include "store/dicom/reader.h"
#include "store/rejected.h"

namespace dcmfs::fs {
namespace {

bool is_readable(const SpoolFile& file, std::int64_t size) {
  const auto source = file_source(file.fd(), size);
  return read_dicom(*source).ok();
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

// Decided by name and content. Fills in `line`, unless it is too early for it.
Result<> Incoming::import_file(Draft& draft, Handle by, ReportLine& line) {
  if (draft.decided) return take_archive(draft, line);
  auto& file = *draft.spool;
  if (is_company(file.fd(), line.path)) {
    line.result = "ignored";
    line.reason = kCompany;
    draft.row = 0;
    // It can be read, compared and written on until its name goes.
    (void)file.forget_name();  // else a crash brings it to rejected/
    draft.decided = true;
    return {};
  }
  // A crash from here on undoes nothing: what is complete is imported at the next start.
  DCMFS_CHECK(file.mark_complete());
  const Key before{Level::instance, RowId{draft.row.load()}};
  if (came_too_early(draft, by) && is_readable(file, draft.size)) {
    // First, as the whole would find its identity taken, or its name.
    DCMFS_CHECK(store_.remove(before, Store::Removal::to_trash));
    draft.row = 0;
  }
  auto added = store_.add(file, {.way = Origin::Way::file_system});
  if (added) {
    tell(line, *added);
    draft.row = value(added->instance.row);
    draft.stored_by = added->existed ? Handle::none : by;
    draft.spool.reset();
    return {};
  }
  if (added.error().code == Errc::not_dicom) {
    DCMFS_TRY(const bool archive, is_archive(file.fd()));
    if (archive) return take_archive(draft, line);
  }
  return std::move(added).error();
}

// Unpacked when nobody has it open any more: until then there may be more of it. But its writer is
// told now that it is here, and so that no power failure takes it away. Relaxed durability is no
// exception: nobody else would bring it to the disk.
Result<> Incoming::take_archive(Draft& draft, ReportLine& line) {
  if (!draft.decided) DCMFS_CHECK(draft.spool->make_durable());
  draft.row = 0;
  {
    const std::scoped_lock lock(mutex_);
    draft.decided = draft.written = draft.handles > 0;
  }
  if (draft.decided) return {};
  line.result = "ignored";
  line.reason = "an archive; its members follow";
  archives_.add(*std::exchange(draft.spool, std::nullopt), line.path, line.uid);
  return {};
}

Result<> Incoming::take(Item& item, const DraftPtr& draft, Handle by, const std::string& path,
                        Time now) {
  ReportLine line{.at = now, .path = path, .bytes = draft->size};
  {
    const std::scoped_lock lock(mutex_);
    line.uid = draft->writer;
  }
  if (auto why = unwritten(*draft)) return drop(*draft, line, *std::move(why));
  auto imported = import_file(*draft, by, line);
  if (!imported && !is_about_the_file(imported.error().code)) {
    if (by != Handle::none) return drop(*draft, line, std::move(imported).error());
    (void)draft->spool->set_name(last_part(path));  // whoever opens it may write on before a crash
    return put_off(*draft, by, std::move(imported).error(), now);
  }
  if (!imported) return refuse(*draft, line, std::move(imported).error());
  forget_rejected(*draft);
  if (!line.result.empty()) report_.append(line);
  const std::scoped_lock lock(mutex_);
  if (item.draft == draft && !item.unlinked) {
    accepted_.add(path, {draft->size, to_ns(item.mtime), draft->row, now});
  }
  return {};
}

// Nothing is lost. If even that fails, the draft stays where it is and is tried again, which is told
// once it is decided.
Result<> Incoming::refuse(Draft& draft, ReportLine& line, Error why) {
  line.result = "refused";
  line.reason = why.message;
  auto refused = reject(draft, last_part(line.path), std::move(why), line.at);
  if (!draft.spool) report_.append(line);
  return refused;
}

// Kept, its bytes would fill a disk, or a store, that is full.
Result<> Incoming::drop(Draft& draft, ReportLine& line, Error why) {
  line.result = "refused";
  line.reason = why.message;
  report_.append(line);
  return fail(draft, std::move(why));
}

}  // namespace dcmfs::fs
