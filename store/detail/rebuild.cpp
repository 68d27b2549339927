#include "store/detail/rebuild.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

#include "store/check.h"
#include "store/detail/annotations_rebuild.h"
#include "store/detail/attachment_files.h"
#include "store/detail/file_ops.h"
#include "store/detail/index.h"
#include "store/detail/ingest.h"
#include "store/detail/lock.h"
#include "store/detail/outbox_files.h"
#include "store/detail/spool_folder.h"
#include "store/detail/syncer.h"
#include "store/detail/trash.h"
#include "store/rejected.h"

namespace dcmfs {
namespace detail {
namespace {

using Path = std::filesystem::path;

constexpr std::size_t kBatchMax = 1000;

Path with_suffix(const Path& path, const char* suffix) {
  return Path(path.native() + suffix);
}
Path new_index(const Folders& folders) {
  return with_suffix(folders.index(), ".new");
}
Path ready_index(const Folders& folders) {
  return with_suffix(folders.index(), ".ready");
}

// SQLite's side files would be taken for those of the index that comes to their place.
Result<> drop_side_files(const Path& index) {
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    DCMFS_CHECK(file_ops::unlink(with_suffix(index, suffix), "removing an old index"));
  }
  return {};
}

Result<Time> modified(const Blob& blob) {
  struct stat status {};
  if (::fstat(blob.fd(), &status) != 0) return system_error(errno, "a stored file");
  return to_time(status.st_mtim);
}

Result<NewInstance> read_blob(const Folders& folders, RowId row) {
  DCMFS_TRY(const auto blob, folders.open_blob(row));
  DCMFS_TRY(const Time received, modified(blob));
  DCMFS_TRY(auto instance, read_instance(
                               blob.fd(), [&] { return digest(blob.fd()); }, received));
  instance.row = row;
  return instance;
}

class Rebuilding {
 public:
  Rebuilding(const Folders& folders, Index& index, CheckReport& report)
      : folders_(folders), index_(index), report_(report) {}

  Result<> add(RowId row) {
    ++report_.files;
    auto instance = read_blob(folders_, row);
    if (!instance) {
      report_.problems.push_back(
          {CheckProblem::Kind::unreadable, value(row), instance.error().message});
      return {};
    }
    waiting_.push_back(*std::move(instance));
    return waiting_.size() < kBatchMax ? Result<>() : commit();
  }

  Result<> commit() {
    DCMFS_TRY(auto batch, index_.begin());
    for (const NewInstance& instance : waiting_) {
      DCMFS_TRY(const auto existing, batch.existing(instance.uids));
      // Of two files of one instance the newer replaced the older, whose file was doomed.
      if (existing) {
        DCMFS_TRY(const auto doomed,
                  batch.remove({Level::instance, existing->row}, instance.file.received));
        replaced_.insert(replaced_.end(), doomed.begin(), doomed.end());
      }
      DCMFS_CHECK(batch.insert(instance));
      report_.bytes += instance.file.size;
    }
    waiting_.clear();
    return batch.commit();
  }

  // The next start would unlink their files; an index that was lost is no reason to.
  Result<> forget_replaced() {
    DCMFS_TRY(auto batch, index_.begin());
    DCMFS_CHECK(batch.forget_doomed(replaced_));
    return batch.commit();
  }
  Result<> reserve_rows(RowId through) {
    DCMFS_TRY(auto batch, index_.begin());
    DCMFS_CHECK(batch.reserve_rows(through));
    return batch.commit();
  }
  const std::vector<RowId>& replaced() const { return replaced_; }

 private:
  const Folders& folders_;
  Index& index_;
  CheckReport& report_;
  std::vector<NewInstance> waiting_;
  std::vector<RowId> replaced_;
};

Result<> reject(const Folders& folders, const std::vector<RowId>& replaced, CheckReport& report) {
  if (replaced.empty()) return {};
  DCMFS_TRY(auto spool, SpoolFolder::make(folders.spool()));
  Rejected rejected(folders.rejected());
  for (const RowId row : replaced) {
    const auto path = folders.blob(row);
    const Error reason{Errc::already_exists, "a newer file has the same SOPInstanceUID"};
    DCMFS_TRY(auto file, spool.adopt(path, path.filename().string()));
    DCMFS_CHECK(rejected.put(std::move(file), path.filename().string(), reason, now()));
    report.problems.push_back({CheckProblem::Kind::file_replaced, value(row), reason.message});
  }
  return {};
}

// Of which no index tells any more whose they were; the next start would unlink them.
Result<> reject_nameless_attachments(const Folders& folders, CheckReport& report) {
  std::vector<Path> nameless;
  {
    DCMFS_TRY(const auto index,
              Index::open(folders.index(), Index::Mode::read_only, Durability::full));
    DCMFS_TRY(nameless, attachment_files_without_row(*index, folders));
  }
  if (nameless.empty()) return {};
  DCMFS_TRY(auto spool, SpoolFolder::make(folders.spool()));
  Rejected rejected(folders.rejected());
  const Error reason{Errc::not_found, "an attachment of which the index was lost"};
  for (const Path& path : nameless) {
    const std::string name = "attachment-" + path.filename().string();
    DCMFS_TRY(auto file, spool.adopt(path, name));
    DCMFS_CHECK(rejected.put(std::move(file), name, reason, now()));
    report.problems.push_back({CheckProblem::Kind::attachment_damaged, 0,
                               name + " went to rejected/: " + reason.message});
  }
  return {};
}

// A row's number is never given twice, also if its instance was the last and is gone: as far as the
// old index or the trash still tell of it.
RowId last_given(const Folders& folders) {
  const RowId in_trash = Trash(folders).last_row();
  const auto old = Index::open(folders.index(), Index::Mode::read_only, Durability::full);
  if (!old) return in_trash;
  const auto last = (*old)->last_row();
  return last ? std::max(*last, in_trash) : in_trash;
}

Result<std::vector<RowId>> fill(const Folders& folders, const CheckProgress& progress,
                                CheckReport& report) {
  std::int64_t total = 0;
  DCMFS_CHECK(folders.each_blob(RowId{0}, [&](RowId) {
    ++total;
    return true;
  }));
  DCMFS_TRY(const auto index,
            Index::open(new_index(folders), Index::Mode::read_write, Durability::relaxed));
  Rebuilding work(folders, *index, report);
  Result<> added;
  DCMFS_CHECK(folders.each_blob(RowId{0}, [&](RowId row) {
    added = work.add(row);
    if (progress) progress("indexing the stored files", report.files, total);
    return added.ok();
  }));
  DCMFS_CHECK(std::move(added));
  DCMFS_CHECK(work.commit());
  DCMFS_CHECK(work.forget_replaced());
  DCMFS_CHECK(work.reserve_rows(last_given(folders)));
  DCMFS_CHECK(adopt_outbox(*index, folders, now()));
  DCMFS_CHECK(adopt_annotations(*index, folders));
  DCMFS_TRY(const auto statistics, index->statistics());
  report.rows = statistics.instances;
  DCMFS_CHECK(sync_all(*index, folders));
  // Closing it would try the same, and say nothing if it fails.
  DCMFS_CHECK(index->write_log_back());
  return work.replaced();
}

}  // namespace

Result<> finish_rebuild(const Folders& folders) {
  const auto ready = ready_index(folders);
  std::error_code error;
  if (!std::filesystem::exists(ready, error)) return {};
  DCMFS_CHECK(drop_side_files(folders.index()));
  DCMFS_CHECK(file_ops::rename(ready, folders.index(), "replacing the index"));
  return file_ops::sync_folder(folders.root());
}

}  // namespace detail

Result<CheckReport> rebuild(const std::filesystem::path& root, const CheckProgress& progress) {
  using namespace detail;
  const Folders folders(root);
  DCMFS_CHECK(folders.make());
  DCMFS_TRY(const auto lock, StoreLock::take_alone(folders.lock()));
  DCMFS_CHECK(finish_rebuild(folders));

  const auto made = new_index(folders);
  DCMFS_CHECK(file_ops::unlink(made, "removing an unfinished index"));
  DCMFS_CHECK(drop_side_files(made));
  CheckReport report;
  DCMFS_TRY(const auto replaced, fill(folders, progress, report));
  // Closed now, so that everything is in the one file.
  const Fd file(::open(made.c_str(), O_RDWR | O_CLOEXEC));
  if (!file) return system_error(errno, "opening the new index");
  DCMFS_CHECK(file_ops::sync_data(file.get(), "syncing the new index"));
  DCMFS_CHECK(file_ops::rename(made, ready_index(folders), "replacing the index"));
  DCMFS_CHECK(file_ops::sync_folder(root));
  DCMFS_CHECK(finish_rebuild(folders));
  DCMFS_CHECK(reject(folders, replaced, report));
  DCMFS_CHECK(reject_nameless_attachments(folders, report));
  return report;
}

}  // namespace dcmfs
