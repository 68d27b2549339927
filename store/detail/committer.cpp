#include "store/detail/committer.h"

#include <algorithm>
#include <array>
#include <cassert>

#include <unistd.h>

#include "store/detail/annotations.h"
#include "store/detail/file_ops.h"
#include "store/guarded.h"

namespace dcmfs::detail {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kGroupMax = 1024;

// How long a leader waits for those it expects.
constexpr int kGatherFraction = 8;  // of what the last commit took
constexpr std::chrono::milliseconds kGatherMax{5};

// From here on one syncfs instead of an fdatasync per file and an fsync per folder. Files of 10 KB
// on ext4, on a disk that others used: a group of 4 took 9 ms instead of 18, of 64 16 ms instead of
// 276. One alone takes 0.15 ms by itself and 0.25 ms by syncfs, which writes all that the
// journal holds to its place. (Linux before 5.8 did not report write errors by syncfs.)
constexpr std::size_t kSyncfsFrom = 4;

// But syncfs also waits for what others have written. When that is much, files
// are synced one by one for a while.
constexpr std::chrono::milliseconds kSyncfsMax{500};
constexpr std::int64_t kSyncfsBytesPerMs = 50'000;  // that much of our own is no reason
constexpr std::chrono::seconds kSyncfsPause{60};

bool same_bytes(const StoredFile& a, const StoredFile& b) {
  return a.size == b.size && a.sha256 == b.sha256;
}

Added added(Key instance, const Uids& uids, bool existed) {
  return {instance, uids, ResourceId::of(Level::instance, uids), existed};
}

}  // namespace

Committer::~Committer() {
  (void)guarded([this] { return remove_doubtful(); });
  (void)guarded([this] {
    if (refused_.empty()) return;
    if (const auto batch = works_.index.begin()) drop_refused_files();
  });
  (void)guarded([this] {
    if (!untold_.empty()) tell_synced_now();
  });
}

Result<Added> Committer::add(SpoolFile& file, const NewInstance& instance, Overwrite overwrite) {
  Arrival mine{file, instance, overwrite, std::nullopt, {}};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&mine);
  arrived_.notify_one();
  while (!mine.done) {
    if (led_) {
      changed_.wait(lock);
    } else {
      lead(lock);
    }
  }
  return *std::move(mine.answer);
}

bool Committer::syncs_last(const Group& group) const {
  return !is_relaxed() && std::ranges::all_of(group.arrivals, [](const Arrival* arrival) {
    return arrival->overwrite == Overwrite::never;
  });
}

void Committer::lead(std::unique_lock<std::mutex>& lock) {
  led_ = true;
  const auto patience = std::min<Clock::duration>(last_took_ / kGatherFraction, kGatherMax);
  arrived_.wait_for(lock, patience, [&] { return waiting_.size() >= expected_; });
  std::array<Arrival*, kGroupMax> taken;  // needs no memory that might not be there
  std::size_t count = 0;
  for (; !waiting_.empty() && count < kGroupMax; ++count) {
    taken[count] = waiting_.front();
    waiting_.pop_front();
  }
  const std::span group(taken.data(), count);
  lock.unlock();
  const auto start = Clock::now();
  if (auto done = guarded([&] { commit(group); }); !done) {
    for (Arrival* arrival : group)
      if (!arrival->answer) arrival->answer = done.error();
  }
  lock.lock();
  last_took_ = Clock::now() - start;
  expected_ = group.size() + waiting_.size();
  for (Arrival* arrival : group) arrival->done = true;
  led_ = false;
  changed_.notify_all();
}

void Committer::commit(std::span<Arrival*> arrivals) {
  Group group;
  group.arrivals = arrivals;
  auto committed = guarded([&] { return try_commit(group); });
  if (committed) return;
  // After a failed sync the kernel may hold for clean what is not on the disk, so
  // that a second one would succeed and lie.
  if (arrivals.size() == 1 || group.sync_failed) {
    for (Arrival* arrival : arrivals) arrival->answer = committed.error();
    return;
  }
  // One that cannot be stored must not take its neighbours along: each on its own.
  for (std::size_t i = 0; i < arrivals.size(); ++i) commit(arrivals.subspan(i, 1));
}

Result<> Committer::try_commit(Group& group) {
  for (Arrival* arrival : group.arrivals) arrival->answer.reset();
  DCMFS_CHECK(remove_doubtful());
  DCMFS_CHECK(works_.quota.refresh());
  DCMFS_TRY(auto batch, works_.index.begin(syncs_last(group) ? Index::Commit::unsynced
                                                             : Index::Commit::as_opened));
  drop_refused_files();
  // Nothing shall be left half done because there is no memory.
  doubtful_.reserve(doubtful_.size() + group.arrivals.size());
  refused_.reserve(refused_.size() + group.arrivals.size());
  const auto written = guarded([&]() -> Result<> {
    DCMFS_CHECK(write(batch, group));
    DCMFS_CHECK(file_ops::about_to_commit());
    return batch.commit();
  });
  if (!written) {
    // Still inside the batch: nobody else can have been given the same numbers.
    take_back(group, batch.is_in_doubt() ? Outcome::in_doubt : Outcome::failed);
    return written;
  }
  if (group.tells_synced) forget_told();
  if (syncs_last(group) && group.first) {
    if (auto synced = guarded([&] { return sync(group); }); !synced) {
      group.sync_failed = true;
      undo(group);
      return synced;
    }
  }
  (void)guarded([&] { finish(group); });  // all is stored, whatever comes now
  return {};
}

Result<> Committer::write(Index::Batch& batch, Group& group) {
  for (Arrival* arrival : group.arrivals) DCMFS_CHECK(store(batch, group, *arrival));
  const bool syncs_first = group.first && !is_relaxed() && !syncs_last(group);
  if (syncs_first) {
    if (auto synced = guarded([&] { return sync(group); }); !synced) {
      group.sync_failed = true;
      return synced;
    }
  }
  group.tells_synced = syncs_first || should_tell_synced();
  if (!group.tells_synced) return {};
  auto ranges = untold_;  // if the commit fails, the numbers of the group are somebody else's
  if (syncs_first) append(ranges, {*group.first, *group.last});
  return batch.with([&](Connection& db) { return add_synced(db, ranges); });
}

// Refusals that concern this arrival alone are answered; an error is about the whole group.
Result<> Committer::store(Index::Batch& batch, Group& group, Arrival& arrival) {
  const NewInstance& instance = arrival.instance;
  // This sees the earlier ones of the group as well.
  DCMFS_TRY(const auto existing, batch.existing(instance.uids));
  // Of one whose file was lost nothing is overwritten.
  if (existing && ::access(works_.folders.blob(existing->row).c_str(), F_OK) == 0) {
    const bool same = same_bytes(existing->file, instance.file);
    if (same && arrival.overwrite != Overwrite::always) {
      DCMFS_CHECK(make_durable(batch, group, existing->row));
      arrival.answer = added({Level::instance, existing->row}, instance.uids, true);
      return {};
    }
    if (arrival.overwrite == Overwrite::never) {
      arrival.answer = Error{Errc::already_exists,
                             "an instance of the same SOPInstanceUID is stored with other content"};
      return {};
    }
  }
  if (auto room = works_.quota.take(instance.file.size); !room) {
    arrival.answer = std::move(room).error();
    return {};
  }
  arrival.taken = true;
  DCMFS_TRY(const RowId row, batch.next_row());
  DCMFS_CHECK(place(group, arrival, row));
  if (existing) {
    const Key old{Level::instance, existing->row};
    DCMFS_CHECK(batch.with([&](Connection& db) { return pass_annotations_on(db, old, row); }));
    DCMFS_TRY(const auto doomed, batch.remove(old, instance.file.received));
    group.replaced.insert(group.replaced.end(), doomed.begin(), doomed.end());
    DCMFS_TRY(const auto links, keep_unsent(batch, works_.folders, doomed, instance.file.received));
    group.kept.insert(group.kept.end(), links.begin(), links.end());
  }
  DCMFS_TRY(const Key key, batch.insert(instance));
  assert(key.row == row);
  if (!group.first) group.first = row;
  group.last = row;
  arrival.answer = added(key, instance.uids, false);
  return {};
}

// What another process has committed it may still be about to sync, and die before. Our own is durable
// before anybody is answered, if not before the next commit.
Result<> Committer::make_durable(Index::Batch& batch, const Group& group, RowId existing) {
  if (is_relaxed() || (group.first && *group.first <= existing)) return {};
  const auto has_it = [&](const RowRange& range) {
    return range.first <= existing && existing <= range.last;
  };
  if (std::ranges::any_of(untold_, has_it)) return {};
  return batch.with([&](Connection& db) { return works_.durable.ensure(db, existing); });
}

Result<> Committer::place(Group& group, Arrival& arrival, RowId row) {
  const auto folder = works_.folders.blob_folder(row);
  if (!known_folders_.contains(folder)) {
    const auto upper = folder.parent_path();
    DCMFS_CHECK(file_ops::make_folder(upper));
    DCMFS_CHECK(file_ops::make_folder(folder));
    group.touched.insert(upper);
    group.touched.insert(works_.folders.blobs());
  }
  group.touched.insert(folder);

  auto path = works_.folders.blob(row);
  if (::access(path.c_str(), F_OK) == 0) {
    // A process that died before its commit left it. Nobody was told that it is
    // stored; still it may be the only copy, so it is put where recovery finds it.
    DCMFS_TRY(auto orphan, works_.spool.adopt(path, path.filename().string()));
    orphan.leave();
  }
  DCMFS_CHECK(file_ops::rename(arrival.file.path(), path, "moving a file into the store"));
  arrival.placed = std::move(path);
  return {};
}

Result<> Committer::sync(const Group& group) {
  std::vector<int> files;
  std::int64_t bytes = 0;
  for (const Arrival* arrival : group.arrivals) {
    if (arrival->placed.empty()) continue;
    files.push_back(arrival->file.fd());
    bytes += arrival->instance.file.size;
  }
  const auto start = Clock::now();
  if (files.size() >= kSyncfsFrom && start >= no_syncfs_until_) {
    auto synced = file_ops::sync_filesystem(files.front());
    const auto end = Clock::now();
    const auto patience = kSyncfsMax + std::chrono::milliseconds(bytes / kSyncfsBytesPerMs);
    if (end - start > patience) no_syncfs_until_ = end + kSyncfsPause;
    return synced;
  }
  for (const int fd : files) DCMFS_CHECK(file_ops::sync_data(fd, "syncing a stored file"));
  for (const auto& folder : group.touched) DCMFS_CHECK(file_ops::sync_folder(folder));
  return {};
}

void Committer::remember_synced(const Group& group) {
  untold_rows_ += value(*group.last) - value(*group.first) + 1;
  for (const Arrival* arrival : group.arrivals) {
    if (!arrival->placed.empty()) untold_bytes_ += arrival->instance.file.size;
  }
  append(untold_, {*group.first, *group.last});
}

bool Committer::should_tell_synced() const {
  return untold_rows_ >= kUntoldRowsMax || untold_bytes_ >= kUntoldBytesMax;
}

// After a commit, for one that fails has told nothing.
void Committer::forget_told() {
  untold_.clear();
  untold_rows_ = untold_bytes_ = 0;
}

// If it fails, the next start reads more files.
void Committer::tell_synced_now() {
  auto batch = works_.index.begin(Index::Commit::unsynced);
  if (batch && batch->with([&](Connection& db) { return add_synced(db, untold_); }) &&
      batch->commit())
    forget_told();
}

void Committer::finish(Group& group) {
  for (Arrival* arrival : group.arrivals) {
    if (!arrival->answer->ok()) continue;
    if (arrival->placed.empty()) {  // it existed
      (void)file_ops::unlink(arrival->file.path(), "dropping a spool file");
    }
    arrival->file.release_name();
  }
  if (syncs_last(group) && group.first) remember_synced(group);
  if (untold_bytes_ >= kUntoldBytesMax) {
    // Large files, which a next start should not have to read.
    tell_synced_now();
  }
  if (is_relaxed() || syncs_last(group)) {
    std::optional<RowRange> unsynced;
    if (is_relaxed() && group.first) unsynced = {*group.first, *group.last};
    works_.syncer.committed(unsynced);
  }
  if (!is_relaxed()) {
    for (const auto& folder : group.touched) known_folders_.insert(folder);
  }
  if (group.replaced.empty()) return;
  // A removal that is not durable could come back after its file is gone.
  if (is_relaxed() && !works_.index.sync()) return;
  works_.doomed.unlink(group.replaced);
}

void Committer::take_back(Group& group, Outcome outcome) {
  if (outcome == Outcome::failed) drop_links(group.kept);
  for (Arrival* arrival : group.arrivals) {
    if (arrival->taken) works_.quota.give_back(arrival->instance.file.size);
    arrival->taken = false;
    const auto answer = std::exchange(arrival->answer, std::nullopt);  // it is not true any more
    if (arrival->placed.empty()) continue;
    // If even this fails, recovery finds the file above the last row. A row that may come back by
    // a crash must find it there as well.
    constexpr std::string_view kWhat = "taking a file back";
    const auto& spool = arrival->file.path();
    if (outcome == Outcome::in_doubt) refused_.push_back((*answer)->instance.row);
    (void)(outcome == Outcome::failed ? file_ops::rename(arrival->placed, spool, kWhat)
                                      : file_ops::link(arrival->placed, spool, kWhat));
    arrival->placed.clear();
  }
}

// In a transaction: by its begin a commit that failed is written over, so that no crash brings its rows back, and
// the next recovery must not take their files for what was being stored. Numbers up to the last row are somebody's now.
void Committer::drop_refused_files() {
  if (refused_.empty()) return;
  const auto last = works_.index.last_row();
  if (!last) return;
  for (const RowId row : refused_)
    if (row > *last) (void)file_ops::unlink(works_.folders.blob(row), "dropping what was refused");
  refused_.clear();
}

// Of a group whose rows are committed and whose bytes may not be on the disk. Nobody was answered.
void Committer::undo(Group& group) {
  for (const Arrival* arrival : group.arrivals) {
    if (!arrival->placed.empty()) doubtful_.push_back((*arrival->answer)->instance.row);
  }
  take_back(group, Outcome::in_doubt);
  // If that fails, too: before the next arrival. After a crash the rows may stay, with their files.
  (void)guarded([this] { return remove_doubtful(); });
}

Result<> Committer::remove_doubtful() {
  if (doubtful_.empty()) return {};
  DCMFS_TRY(auto batch, works_.index.begin());
  std::vector<RowId> doomed;
  for (const RowId row : doubtful_) {
    auto rows = batch.remove({Level::instance, row}, now());
    if (!rows && rows.error().code == Errc::not_found) continue;  // by somebody else
    if (!rows) return std::move(rows).error();
    doomed.insert(doomed.end(), rows->begin(), rows->end());
  }
  DCMFS_CHECK(file_ops::about_to_commit());
  DCMFS_CHECK(batch.commit());
  // The log may have lost what could not be written, in the middle: nothing behind it would count.
  DCMFS_CHECK(works_.index.write_log_back());
  works_.doomed.unlink(doomed);
  doubtful_.clear();
  return {};
}

}  // namespace dcmfs::detail
