#include "store/detail/outbox_files.h"

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

#include "store/detail/file_ops.h"
#include "store/detail/ingest.h"
#include "store/detail/outbox_rows.h"
#include "store/detail/sqlite.h"
#include "store/number.h"

namespace dcmfs::detail {
namespace {

using Path = std::filesystem::path;

constexpr std::string_view kSuffix = ".dcm";
constexpr std::size_t kEntriesAtOnce = 1000;

bool is_one_file(const Path& a, const Path& b) {
  struct stat first {
  }, second{};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 &&
         first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

// A file that stands there is of an entry that was rolled back.
Result<> link_anew(const Path& existing, const Path& name) {
  if (is_one_file(existing, name)) return {};
  DCMFS_CHECK(file_ops::unlink(name, "clearing a place in the outbox"));
  return file_ops::link(existing, name, "keeping a file that is still to be sent");
}

Result<> each_file(const Folders& folders, const std::function<Result<>(const Path&)>& each) {
  std::error_code error;
  std::filesystem::directory_iterator files(folders.outbox(), error);
  if (error == std::errc::no_such_file_or_directory) return {};
  for (; !error && files != std::filesystem::directory_iterator(); files.increment(error))
    DCMFS_CHECK(each(files->path()));
  if (error) return system_error(error.value(), "listing the outbox");
  return {};
}

bool has_bytes(const Folders& folders, const Outgoing& entry) {
  const auto path = entry.instance ? folders.blob(*entry.instance) : outbox_file(folders, entry);
  return ::access(path.c_str(), F_OK) == 0;
}

// `where` is SQL that narrows, with AND at its end.
Result<> each_entry(const Index& index, const std::string& where,
                    const std::function<void(const Outgoing&)>& each) {
  const std::string page_after = where + "outgoing.id > ?1 ORDER BY outgoing.id LIMIT ?2";
  for (std::int64_t after = 0;;) {
    std::vector<Outgoing> page;
    DCMFS_CHECK(index.read([&](Connection& db) -> Result<> {
      DCMFS_TRY(page, outgoing_rows(db, page_after, [&](Statement& statement) {
                  statement.bind(after).bind(static_cast<std::int64_t>(kEntriesAtOnce));
                }));
      return {};
    }));
    if (page.empty()) return {};
    for (const Outgoing& entry : page) each(entry);
    after = value(page.back().id);
  }
}

// "peers/EAST"; no name has one in it (safe_name).
constexpr char kInsteadOfSlash = ':';

}  // namespace

Path outbox_file(const Folders& folders, const Outgoing& entry) {
  std::string destination = entry.destination;
  std::ranges::replace(destination, '/', kInsteadOfSlash);
  return folders.outbox() /
         (zero_padded(value(entry.id), 9) + "." + destination + std::string(kSuffix));
}

Result<Blob> open_outbox_file(const Folders& folders, const Outgoing& entry) {
  return Blob::open(outbox_file(folders, entry), "opening a file to be sent");
}

Result<std::vector<OutboxName>> outbox_names(const Folders& folders) {
  std::vector<OutboxName> names;
  DCMFS_CHECK(each_file(folders, [&](const Path& path) -> Result<> {
    if (auto name = parse_outbox_name(path.filename().string())) names.push_back(*std::move(name));
    return {};
  }));
  std::ranges::sort(names, {}, &OutboxName::id);
  return names;
}

std::optional<OutboxName> parse_outbox_name(std::string_view name) {
  const auto id = take_whole<std::int64_t>(name);
  if (!id || !name.starts_with('.') || !name.ends_with(kSuffix) ||
      name.size() <= kSuffix.size() + 1)
    return std::nullopt;
  name.remove_prefix(1);
  name.remove_suffix(kSuffix.size());
  std::string destination(name);
  std::ranges::replace(destination, kInsteadOfSlash, '/');
  return OutboxName{OutboxId{*id}, std::move(destination)};
}

Result<Outgoing> identify(int fd) {
  DCMFS_TRY(const auto file, read_header(fd));
  if (file.truncated) return Error{Errc::corrupt, "the file ends inside an element"};
  Outgoing entry;
  entry.sop_class = file.dataset.text_or(tags::SOPClassUID, "");
  if (entry.sop_class.empty())
    entry.sop_class = file.meta.text_or(tags::MediaStorageSOPClassUID, "");
  entry.sop_instance = file.dataset.text_or(tags::SOPInstanceUID, "");
  if (entry.sop_instance.empty())
    entry.sop_instance = file.meta.text_or(tags::MediaStorageSOPInstanceUID, "");
  // PS3.10 8.6: a DICOMDIR describes a medium and is not sent.
  if (entry.sop_class == uids::MediaStorageDirectoryStorage)
    return Error{Errc::invalid_argument, "a DICOMDIR is not an instance"};
  // PS3.7 9.1.1.1: a C-STORE says of what class and which instance.
  if (entry.sop_class.empty() || entry.sop_instance.empty())
    return Error{Errc::corrupt, "without SOPClassUID or SOPInstanceUID nothing can be sent"};
  entry.transfer_syntax = file.syntax_uid;
  struct stat status {};
  if (::fstat(fd, &status) != 0) return system_error(errno, "reading the size of a spool file");
  entry.size = status.st_size;
  return entry;
}

Result<Links> keep_unsent(Index::Batch& batch, const Folders& folders,
                          std::span<const RowId> instances, Time now) {
  Links links;
  const auto keep = [&](Connection& db) -> Result<> {
    DCMFS_TRY(const auto any,
              db.integer("SELECT 1 FROM outgoing WHERE instance IS NOT NULL LIMIT 1"));
    if (!any) return {};
    for (const RowId instance : instances) {
      DCMFS_TRY(const auto entries, entries_of(db, instance));
      for (const Outgoing& entry : entries) {
        DCMFS_CHECK(make_own(db, entry.id));
        const Path blob = folders.blob(instance);
        if (::access(blob.c_str(), F_OK) != 0) {
          DCMFS_CHECK(mark_lost(db, entry.id, now));
          continue;
        }
        const Path path = outbox_file(folders, entry);
        DCMFS_CHECK(link_anew(blob, path));
        links.push_back(path);
      }
    }
    return links.empty() ? Result<>() : file_ops::sync_folder(folders.outbox());
  };
  auto kept = batch.with(keep);
  if (kept) return links;
  drop_links(links);
  return std::move(kept).error();
}

void drop_links(const Links& links) {
  for (const Path& path : links) (void)file_ops::unlink(path, "clearing a place in the outbox");
}

Result<> each_unsendable(const Index& index, const Folders& folders,
                         const std::function<void(const Outgoing&)>& each) {
  return each_entry(index, "", [&](const Outgoing& entry) {
    if (entry.state != SendState::failed && !has_bytes(folders, entry)) each(entry);
  });
}

Result<> recover_outbox(Index& index, const Folders& folders, Time now) {
  std::vector<Path> strays;
  DCMFS_CHECK(index.read([&](Connection& db) {
    return each_file(folders, [&](const Path& path) -> Result<> {
      const auto name = parse_outbox_name(path.filename().string());
      if (!name) return {};  // not ours
      DCMFS_TRY(const auto entry, outgoing(db, name->id));
      const bool known = entry && !entry->instance && entry->destination == name->destination;
      if (!known) strays.push_back(path);
      return {};
    });
  }));
  for (const Path& path : strays)
    DCMFS_CHECK(file_ops::unlink(path, "removing a file from the outbox"));

  std::vector<OutboxId> lost;
  // Of instances the store itself sees to it, and there may be very many.
  DCMFS_CHECK(each_entry(index, "instance IS NULL AND ", [&](const Outgoing& entry) {
    if (entry.state != SendState::failed && !has_bytes(folders, entry)) lost.push_back(entry.id);
  }));
  if (lost.empty()) return {};
  return index.write_durably([&](Connection& db) -> Result<> {
    for (const OutboxId id : lost) DCMFS_CHECK(mark_lost(db, id, now));
    return {};
  });
}

}  // namespace dcmfs::detail
