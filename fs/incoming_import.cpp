// What becomes of a file that was dropped into incoming/.
#include <array>
#include <cerrno>
#include <vector>

#include <unistd.h>

#include "fs/incoming.h"
#include "fs/incoming_item.h"
#include "fs/incoming_names.h"
#include "fs/tree.h"
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

}  // namespace

struct Incoming::Outcome {
  std::string_view result;
  std::string reason;
  std::string sop_instance_uid;
  std::optional<RowId> row;
};

// The last words of "what was it": decided by name and content.
Result<Incoming::Outcome> Incoming::import_draft(Item& item, const std::string& path) {
  if (is_company(item.draft->fd(), path)) {
    return Outcome{"ignored", "accompanies images and is none", {}, {}};
  }
  auto added = store_.add(*item.draft);
  if (added) {
    return Outcome{added->existed ? "already stored" : "stored",
                   {},
                   added->uids.sop_instance,
                   added->instance.row};
  }
  if (added.error().code == Errc::not_dicom) {
    DCMFS_TRY(const bool archive, is_archive(item.draft->fd()));
    if (archive) return import_archive(item, path, item.uid);
  }
  return std::move(added).error();
}

Result<> Incoming::import(Item& item, const std::string& path, Time now) {
  DCMFS_CHECK(item.draft->mark_complete());
  ReportLine line{.at = now,
                  .path = path,
                  .uid = item.uid,
                  .bytes = item.size,
                  .result = "refused",
                  .reason = {},
                  .sop_instance_uid = {},
                  .where = {}};
  auto outcome = import_draft(item, path);
  if (!outcome) {
    line.reason = outcome.error().message;
    report_.append(line);
    item.failed = true;
    // Nothing is lost. If even that fails, the draft stays where it is, and its writer may try
    // again.
    auto kept =
        store_.rejected().put(std::move(*item.draft), last_part(path), outcome.error(), now);
    if (kept) {
      item.rejected_as = *std::move(kept);
      item.draft.reset();
    }
    return std::move(outcome).error();
  }
  item.draft.reset();
  item.stored = outcome->row;
  item.failed = false;
  if (!item.rejected_as.empty()) {  // an earlier flush came before the file was complete
    DCMFS_CHECK(store_.rejected().remove(item.rejected_as));
    item.rejected_as.clear();
  }
  line.result = outcome->result;
  line.reason = outcome->reason;
  line.sop_instance_uid = outcome->sop_instance_uid;
  if (outcome->row) {
    if (auto where = path_of(store_, {Level::instance, *outcome->row})) line.where = *where;
  }
  report_.append(line);
  timespec mtime{};
  {
    const std::scoped_lock lock(mutex_);
    mtime = item.mtime;
  }
  accepted_.add(path, {item.size, to_ns(mtime), outcome->row ? value(*outcome->row) : 0, now});
  return {};
}

Result<> Incoming::finish(const Node& node, Time now) {
  ItemPtr item;
  std::string at;
  {
    const std::scoped_lock lock(mutex_);
    item = find(node);
    if (item == nullptr || item->unlinked || item->is_folder()) return {};
    at = path(*item);
  }
  const std::unique_lock content(item->content);
  item->closed = true;
  if (is_temporary(at) || !item->written.exchange(false)) return {};
  return import(*item, at, now);
}

// Before a rename: the files that were complete but for their name. What is still open is imported
// when it is flushed under the new one.
Result<> Incoming::import_what_becomes_final(const ItemPtr& top, const std::string& new_path,
                                             Time now) {
  std::vector<std::pair<ItemPtr, std::string>> files;
  {
    const std::scoped_lock lock(mutex_);
    std::vector<std::pair<ItemPtr, std::string>> to_visit{{top, new_path}};
    while (!to_visit.empty()) {
      auto [item, at] = std::move(to_visit.back());
      to_visit.pop_back();
      for (const auto& [number, below] : item->children) {
        to_visit.emplace_back(below, at + "/" + below->name);
      }
      if (item->written && item->closed && !is_temporary(at)) files.emplace_back(item, at);
    }
  }
  Result<> first_error;
  for (const auto& [item, at] : files) {
    const std::unique_lock content(item->content);
    if (!item->written.exchange(false)) continue;
    auto imported = import(*item, at, now);
    if (!imported && first_error) first_error = std::move(imported);
  }
  return first_error;
}

Result<Incoming::Outcome> Incoming::import_archive(Item& item, const std::string& path, uid_t uid) {
  {
    const std::scoped_lock lock(archives_mutex_);
    archives_.push_back({std::move(*item.draft), path, uid});
  }
  archives_wanted_.notify_one();
  return Outcome{"ignored", "an archive; its members follow", {}, {}};
}

void Incoming::unpack_archives(std::stop_token stop) {
  for (;;) {
    std::unique_lock lock(archives_mutex_);
    archives_wanted_.wait(lock, stop, [this] { return !archives_.empty(); });
    if (archives_.empty()) return;  // asked to stop, with nothing left to do
    auto archive = std::move(archives_.front());
    archives_.pop_front();
    lock.unlock();

    auto each = [&](std::string_view name, MemberReader& reader) -> Result<> {
      const auto member = archive.path + "/" + std::string(name);
      auto item = Item(0);
      item.uid = archive.uid;
      item.mtime = to_timespec(now());
      DCMFS_TRY(item.draft, store_.spool());
      std::vector<std::byte> buffer(256 << 10);
      for (;;) {
        auto bytes = reader.read(buffer);
        if (!bytes && bytes.error().code == Errc::corrupt) return {};  // the next may be whole
        if (!bytes) return bytes.error();
        if (*bytes == 0) break;
        DCMFS_CHECK(item.draft->append({buffer.data(), *bytes}));
        item.size += static_cast<std::int64_t>(*bytes);
      }
      (void)import(item, member, now());  // reported where it is refused
      return {};
    };
    const auto done = unpack(archive.file.fd(), {}, each);
    ReportLine line{.at = now(),
                    .path = archive.path,
                    .uid = archive.uid,
                    .bytes = 0,
                    .result = done ? "unpacked" : "refused",
                    .reason = {},
                    .sop_instance_uid = {},
                    .where = {}};
    if (!done) {
      line.reason = done.error().message;
      auto kept = store_.rejected().put(std::move(archive.file), last_part(archive.path),
                                        done.error(), now());
      if (!kept) line.reason += "; " + kept.error().message;
    }
    report_.append(line);
  }
}

}  // namespace dcmfs::fs
