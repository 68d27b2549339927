#pragma once
// Group commit: many arrivals share one round of fsync and one transaction.
//
// Whoever comes first leads: it takes everything that came meanwhile, moves the
// files to their places, commits their rows and makes the files durable. The others
// wait for it. One that is alone waits for nobody; of several senders the first to
// come back waits for the others, for a fraction of what a commit takes, because
// else it would go alone and they together after it. Thread safe.
//
// Of a group that cannot replace anything, the rows are committed without a sync first, then files and
// folders are made durable together, and then everybody is answered. The rows follow within a second:
// recovery finds a file without its row again. What a power failure may leave of the rows of a group
// that was not answered, recovery compares with their files (synced_rows.h). If
// the sync fails, the rows are taken back. Where a row may replace another, its file is made durable
// before the commit, which could not be taken back and is durable itself.
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "store/detail/doomed_files.h"
#include "store/detail/durable_files.h"
#include "store/detail/folders.h"
#include "store/detail/index.h"
#include "store/detail/outbox_files.h"
#include "store/detail/quota.h"
#include "store/detail/spool_folder.h"
#include "store/detail/syncer.h"
#include "store/spool.h"

namespace dcmfs::detail {

class Committer {
 public:
  struct Works {  // all outlive the Committer
    Index& index;
    const Folders& folders;
    SpoolFolder& spool;
    DoomedFiles& doomed;
    Quota& quota;
    Syncer& syncer;
    DurableFiles& durable;
  };
  Committer(Works works, Durability durability) : works_(works), durability_(durability) {}
  ~Committer();

  // On success the file has left the spool; on error it is as it was.
  Result<Added> add(SpoolFile&, const NewInstance&, Overwrite);

 private:
  struct Arrival {
    SpoolFile& file;
    const NewInstance& instance;
    Overwrite overwrite;
    std::optional<Result<Added>> answer;
    std::filesystem::path placed;  // where the file went; empty: it is in the spool
    bool taken = false;            // from the quota
    bool done = false;             // guarded by mutex_: the answer is final
  };
  struct Group {
    std::span<Arrival*> arrivals;
    std::set<std::filesystem::path> touched;  // folders to sync
    std::vector<RowId> replaced;
    Links kept;                        // of what is replaced and still to be sent
    std::optional<RowId> first, last;  // new rows
    bool sync_failed = false;
    bool tells_synced = false;  // what was untold is told by its commit
  };

  // Recovery reads the files of rows that are not told as synced: so many of them, or so many bytes, do
  // no harm.
  static constexpr std::int64_t kUntoldRowsMax = 64;
  static constexpr std::int64_t kUntoldBytesMax = 64 << 20;

  bool is_relaxed() const { return durability_ == Durability::relaxed; }
  bool syncs_last(const Group&) const;
  void lead(std::unique_lock<std::mutex>&);
  void commit(std::span<Arrival*>);
  Result<> try_commit(Group&);
  Result<> write(Index::Batch&, Group&);
  Result<> store(Index::Batch&, Group&, Arrival&);
  Result<> place(Group&, Arrival&, RowId);
  Result<> sync(const Group&);
  Result<> make_durable(Index::Batch&, const Group&, RowId existing);
  void remember_synced(const Group&);
  bool should_tell_synced() const;
  void forget_told();
  void tell_synced_now();
  void finish(Group&);
  enum class Outcome : std::uint8_t { failed, in_doubt };
  void take_back(Group&, Outcome);
  void undo(Group&);
  Result<> remove_doubtful();
  void drop_refused_files();

  const Works works_;
  const Durability durability_;
  // Used by the leader only.
  std::set<std::filesystem::path> known_folders_;  // durable ones
  std::chrono::steady_clock::time_point no_syncfs_until_{};
  std::vector<RowRange> untold_;  // our own rows that are durable
  std::int64_t untold_rows_ = 0, untold_bytes_ = 0;
  std::vector<RowId> doubtful_;  // rows whose sync failed and that are still to be removed
  std::vector<RowId>
      refused_;  // rows whose commit failed, with a file that a crash might still need

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Arrival*> waiting_;  // guarded by mutex_
  bool led_ = false;              // guarded by mutex_
  std::condition_variable arrived_;
  std::size_t expected_ = 1;  // senders that are at work, to judge by the last group; guarded
  std::chrono::steady_clock::duration last_took_{};  // guarded by mutex_
};

}  // namespace dcmfs::detail
