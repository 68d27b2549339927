#include "store/detail/recovery.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

#include "store/archive_import.h"
#include "store/detail/attachment_files.h"
#include "store/detail/digest.h"
#include "store/detail/file_ops.h"
#include "store/detail/outbox_files.h"

namespace dcmfs::detail {
namespace {

using Path = std::filesystem::path;

constexpr std::size_t kPage = 1000;
constexpr std::chrono::hours kUnfinishedKept{24};

struct Found {
  std::int64_t size;
  Time modified;
};
Result<Found> look_at(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return system_error(errno, "reading the size of a spool file");
  return Found{status.st_size, to_time(status.st_mtim)};
}

// One that was dropped whole and acknowledged, and then not unpacked to its end.
Result<> import_members(Store::Parts& parts, int fd, Time received, Time now) {
  std::int64_t members = 0;
  const auto refuse = [&](std::string_view name, SpoolFile file, const Error& why) -> Result<> {
    // Else the archive stays, to be tried again.
    if (!is_about_the_file(why.code)) return why;
    DCMFS_CHECK(parts.rejected.put(std::move(file), last_part_of_member(name), why, now));
    return {};
  };
  const ArchiveImport how{
      .spool = [&] { return parts.spool->file(); },
      .take = [&](std::string_view name, SpoolFile file) -> Result<> {
        ++members;  // of how many, nobody knows
        parts.report("unpacking an archive that was left", members, members);
        const auto added = parts.add(file, received, {}, parts.options.overwrite);
        return added ? Result<>() : refuse(name, std::move(file), added.error());
      },
      .ignore = [](std::string_view) {},
      .refuse = refuse,
      .stopped = [] { return false; }};
  DCMFS_TRY(const auto summary, import_archive(fd, how));
  if (auto why = missed(summary)) return *std::move(why);
  return {};
}

// Stores the file or rejects it. What can be done later stays in the spool.
void import_or_reject(Store::Parts& parts, SpoolFile file, std::string_view name, Time now) {
  const auto found = look_at(file.fd());
  if (found && found->size == 0) return;  // nothing to keep
  const auto added = found ? parts.add(file, found->modified, {}, parts.options.overwrite)
                           : Result<Added>(found.error());
  if (added) return;
  Error reason = added.error();
  if (const auto archive = is_archive(file.fd());
      reason.code == Errc::not_dicom && archive && *archive) {
    auto imported = import_members(parts, file.fd(), found->modified, now);
    if (imported) return;
    reason = std::move(imported).error();
  }
  const bool rejected =
      is_about_the_file(reason.code) && parts.rejected.put(std::move(file), name, reason, now).ok();
  if (!rejected)
    file.leave();  // NOLINT(bugprone-use-after-move): put() that fails has not taken it
}

Result<> finish_removals(Store::Parts& parts) {
  DCMFS_TRY(const auto rows, parts.index->doomed());
  if (rows.empty()) return {};
  // A relaxed process may have doomed them: the removal must not come back without the files.
  DCMFS_CHECK(parts.index->sync());
  parts.doomed->unlink(rows);
  return parts.doomed->forget();
}

bool survived(const Store::Parts& parts, const StoredFile& file) {
  const auto blob = parts.folders.open_blob(file.instance);
  if (!blob || blob->size() != file.size) return false;
  // What a failed sync has not brought to the disk may still be in memory, as if it were clean.
  (void)::posix_fadvise(blob->fd(), 0, 0, POSIX_FADV_DONTNEED);
  const auto found = digest(blob->fd());
  return found && found->sha256 == file.sha256;
}

Result<> take_out(Store::Parts& parts, const StoredFile& file, Time now) {
  const auto path = parts.folders.blob(file.instance);
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    const auto name = path.filename().string();
    DCMFS_TRY(auto bytes, parts.spool->adopt(path, name));
    const Error reason{Errc::corrupt, "a crash came before the file was on disk"};
    if (auto put = parts.rejected.put(std::move(bytes), name, reason, now); !put) {
      bytes.leave();  // NOLINT(bugprone-use-after-move): put() has not taken it
      return std::move(put).error();
    }
  }
  DCMFS_TRY(auto batch, parts.index->begin());
  DCMFS_TRY(const auto removed, batch.remove({Level::instance, file.instance}, now));
  DCMFS_CHECK(keep_unsent(batch, parts.folders, removed, now));  // as lost
  DCMFS_CHECK(file_ops::about_to_commit());
  return batch.commit();
}

std::int64_t count_numbers(const std::vector<RowRange>& ranges) {
  std::int64_t count = 0;
  for (const RowRange& range : ranges) count += value(range.last) - value(range.first) + 1;
  return count;
}

// Rows whose files may not have reached the disk: relaxed ones, and durable ones that the index does not yet tell of.
Result<> check_unsynced(Store::Parts& parts, Time now) {
  std::vector<RowRange> ranges;
  DCMFS_CHECK(parts.index->read([&](Connection& db) -> Result<> {
    DCMFS_TRY(ranges, unsynced(db));
    return {};
  }));
  if (ranges.empty()) return {};
  const std::int64_t total = count_numbers(ranges);
  std::int64_t done = 0;
  for (RowRange rest : ranges) {
    while (rest.first <= rest.last) {
      DCMFS_TRY(const auto files, parts.index->files(rest, kPage));
      for (const StoredFile& file : files) {
        if (!survived(parts, file)) DCMFS_CHECK(take_out(parts, file, now));
      }
      const RowId seen = files.size() < kPage ? rest.last : files.back().instance;
      done += value(seen) - value(rest.first) + 1;
      rest.first = RowId{value(seen) + 1};
      parts.report("checking the latest files", done, total);
    }
  }
  DCMFS_CHECK(finish_removals(parts));
  return sync_all(*parts.index, parts.folders);
}

// Files that were moved to their place but whose rows were not committed.
Result<> collect_orphans(Store::Parts& parts) {
  DCMFS_TRY(const RowId last, parts.index->last_row());
  std::vector<RowId> orphans;
  DCMFS_CHECK(parts.folders.each_blob(last, [&](RowId row) {
    orphans.push_back(row);
    return true;
  }));
  if (orphans.empty()) return {};
  // All of them leave first, because storing one takes the number of another: to a
  // folder without an owner, which is what recover_spool takes up.
  DCMFS_TRY(auto aside, SpoolFolder::make(parts.folders.spool()));
  for (const RowId row : orphans) {
    const auto path = parts.folders.blob(row);
    DCMFS_TRY(auto file, aside.adopt(path, path.filename().string()));
    file.leave();
  }
  return {};
}

void recover_file(Store::Parts& parts, const Path& path, const SpoolName& found, Time now) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return;
  SpoolFile file(fd.release(), path);
  switch (found.state) {
    case SpoolName::State::part:
      return;  // promised to nobody: dropped
    case SpoolName::State::complete:
      import_or_reject(parts, std::move(file), found.name, now);
      return;
    case SpoolName::State::writing:
      break;
  }
  const auto seen = look_at(file.fd());
  if (!seen || seen->modified + kUnfinishedKept > now) {
    file.leave();
    return;
  }
  const Error reason{Errc::corrupt, "the file was never completed"};
  // NOLINTNEXTLINE(bugprone-use-after-move): put() that fails has not taken it.
  if (!parts.rejected.put(std::move(file), found.name, reason, now)) file.leave();
}

Result<> recover_folder(Store::Parts& parts, const Path& folder, Time now) {
  std::error_code error;
  // In the order in which they were made.
  std::map<std::int64_t, std::pair<Path, SpoolName>> files;
  for (std::filesystem::directory_iterator entries(folder, error);
       !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const auto name = SpoolName::parse(entries->path().filename().string());
    if (name) files.emplace(name->number, std::pair(entries->path(), *name));
  }
  if (error) return system_error(error.value(), "listing the spool");
  for (const auto& [number, file] : files) recover_file(parts, file.first, file.second, now);
  (void)file_ops::remove_folder(folder);  // not if something stays in it
  return {};
}

// The reason is written before its file comes to rejected/.
Result<> drop_lone_reasons(Store::Parts& parts) {
  DCMFS_TRY(const auto items, parts.rejected.list());
  std::set<std::string_view> names;
  for (const auto& item : items) names.insert(item.name);
  constexpr std::string_view kReason = ".reason.txt";
  for (const std::string_view name : names) {
    if (!name.ends_with(kReason)) continue;
    const bool is_file = names.contains(std::string(name) + std::string(kReason));
    if (is_file || names.contains(name.substr(0, name.size() - kReason.size()))) continue;
    DCMFS_CHECK(parts.rejected.remove(name));
  }
  return {};
}

}  // namespace

Result<> recover(Store::Parts& parts, Time now) {
  DCMFS_CHECK(finish_removals(parts));
  // What is half done by a process that lives looks the same as what a crash left.
  if (!parts.lock->alone()) return {};
  DCMFS_CHECK(check_unsynced(parts, now));
  DCMFS_CHECK(drop_lone_reasons(parts));
  DCMFS_CHECK(recover_outbox(*parts.index, parts.folders, now));
  DCMFS_CHECK(recover_attachments(*parts.index, parts.folders));
  return collect_orphans(parts);
}

Result<> recover_spool(Store::Parts& parts, Time now) {
  std::error_code error;
  for (std::filesystem::directory_iterator folders(parts.folders.spool(), error);
       !error && folders != std::filesystem::directory_iterator(); folders.increment(error)) {
    const Fd lock = lock_dead(folders->path());
    if (lock) DCMFS_CHECK(recover_folder(parts, folders->path(), now));
  }
  if (error) return system_error(error.value(), "listing the spool");
  return {};
}

}  // namespace dcmfs::detail
