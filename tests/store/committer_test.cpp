// Many at once: what group commit must not lose, mix up or serialise.
#include <atomic>
#include <barrier>
#include <cerrno>
#include <csignal>
#include <new>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "store/check.h"
#include "store/detail/file_ops.h"
#include "store/detail/index.h"
#include "tests/store/index_fixture.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using detail::file_ops::Op;

// Counts, and fails what the test wants to fail.
class Faults {
 public:
  Faults() {
    detail::file_ops::set_fault([this](Op op) {
      if (op == Op::commit) ++commits;
      return fail && fail_op == op ? EIO : 0;
    });
  }
  ~Faults() { detail::file_ops::set_fault({}); }

  std::atomic<int> commits{0};
  std::atomic<bool> fail{false};
  Op fail_op = Op::commit;
};

template <class Work>
void in_threads(int count, const Work& work) {
  std::barrier start(count);
  std::vector<std::jthread> threads;
  for (int t = 0; t < count; ++t) {
    threads.emplace_back([&, t] {
      start.arrive_and_wait();
      work(t);
    });
  }
}

TEST(Committer, EightThreadsLoseNothingAndShareCommits) {
  constexpr int kThreads = 8, kFiles = 500;
  TempStore store;
  Faults faults;
  std::vector<std::vector<Added>> added(kThreads);

  in_threads(kThreads, [&](int t) {
    for (int i = 0; i < kFiles; ++i) {
      auto one = store.try_add(make_dicom().study("1.2." + std::to_string(t + 1)));
      if (one) added[static_cast<std::size_t>(t)].push_back(*std::move(one));
    }
  });

  std::set<RowId> rows;
  for (const auto& of_thread : added) {
    EXPECT_EQ(of_thread.size(), kFiles);
    for (const Added& one : of_thread) {
      rows.insert(one.instance.row);
      EXPECT_EQ(TempStore::require(store->key(Level::instance, one.id)), one.instance);
    }
  }
  EXPECT_EQ(rows.size(), kThreads * kFiles);
  EXPECT_LT(faults.commits, kThreads * kFiles / 2);
  store.close();
  const auto report = TempStore::require(check(store.root()));
  EXPECT_TRUE(report.clean());
  EXPECT_EQ(report.files, kThreads * kFiles);
}

TEST(Committer, OneThatIsAloneHasACommitOfItsOwn) {
  TempStore store;
  Faults faults;

  store.add(make_dicom());
  store.add(make_dicom());

  EXPECT_EQ(faults.commits, 2);
}

TEST(Committer, OfTheSameInstanceAtOnceOneIsAddedAndTheOthersExisted) {
  constexpr int kThreads = 16;
  TempStore store;
  const std::string bytes = make_dicom().bytes();
  std::atomic<int> fresh{0}, existed{0};

  in_threads(kThreads, [&](int) {
    const auto one = store.try_add(bytes);
    if (one) ++(one->existed ? existed : fresh);
  });

  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(existed, kThreads - 1);
}

TEST(Committer, OfDifferentBytesUnderOneUidAtOnceOneIsAddedAndTheOthersAreRefused) {
  constexpr int kThreads = 16;
  TempStore store;
  auto dicom = make_dicom();
  std::atomic<int> fresh{0}, refused{0};

  in_threads(kThreads, [&](int t) {
    auto mine = dicom;
    const auto one = store.try_add(mine.set(tags::InstanceNumber, std::to_string(t + 1)));
    if (one)
      ++fresh;
    else if (one.error().code == Errc::already_exists)
      ++refused;
  });

  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(refused, kThreads - 1);
}

TEST(Committer, ReplacingAtOnceLeavesOneWholeInstance) {
  constexpr int kThreads = 16;
  TempStore store(StoreOptions{.overwrite = Overwrite::always});
  auto dicom = make_dicom();
  std::atomic<int> done{0};

  in_threads(kThreads, [&](int t) {
    auto mine = dicom;
    if (store.try_add(mine.set(tags::InstanceNumber, std::to_string(t + 1)))) ++done;
  });

  EXPECT_EQ(done, kThreads);
  EXPECT_EQ(TempStore::require(store->statistics()).instances, 1);
  store.close();
  EXPECT_TRUE(TempStore::require(check(store.root())).clean());
}

TEST(Committer, AFailureReachesEveryoneAndLeavesTheFilesInTheSpool) {
  constexpr int kThreads = 8;
  for (const Op op : {Op::rename, Op::sync, Op::commit}) {
    TempStore store;
    Faults faults;
    faults.fail_op = op;
    faults.fail = true;
    std::atomic<int> whole{0};

    in_threads(kThreads, [&](int) {
      auto file = TempStore::require(spooled(*store, make_dicom().bytes()));
      const auto size = *file.size();
      const auto failed = store->add(file);
      if (!failed && std::filesystem::file_size(file.path()) == static_cast<std::size_t>(size)) {
        ++whole;
      }
    });

    EXPECT_EQ(whole, kThreads) << static_cast<int>(op);
    faults.fail = false;
    EXPECT_OK(store.try_add(make_dicom()));
    store.close();
    const auto report = TempStore::require(check(store.root()));
    EXPECT_TRUE(report.clean());
    EXPECT_EQ(report.rows, 1);
  }
}

TEST(Committer, ARelaxedStoreHasEverythingAfterClosing) {
  TempStore store(StoreOptions{.durability = Durability::relaxed});
  for (int i = 0; i < 50; ++i) store.add(make_dicom());

  store.reopen();

  EXPECT_EQ(TempStore::require(store->statistics()).instances, 50);
}

// The rows are committed before the sync: nobody may be told of them, nor they stay, if it fails.
TEST(Committer, AFailedSyncLeavesNoRowAndNoFile) {
  TempStore store;
  store.add(make_dicom());
  const auto bytes = make_dicom().bytes();
  {
    Faults faults;
    faults.fail_op = Op::sync;
    faults.fail = true;
    const auto added = add_bytes(*store, bytes);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, Errc::io);
    EXPECT_EQ(store->statistics()->instances, 1);
  }
  ASSERT_OK(add_bytes(*store, bytes));

  store.reopen();
  EXPECT_EQ(store->statistics()->instances, 2);
  store.close();
  EXPECT_TRUE(TempStore::require(check(store.root())).clean());
}

// Its process may be about to sync it, and die before.
TEST(Committer, WhatAnotherHasCommittedIsMadeDurableBeforeItIsSaidToExist) {
  TempStore store;
  const auto bytes = make_dicom().bytes();
  ASSERT_OK(add_bytes(*store, bytes));
  const auto other = TempStore::require(Store::open(store.root()));
  const auto syncs_of = [&](Store& one) {
    int synced = 0;
    detail::file_ops::set_fault([&](Op op) {
      synced += op == Op::sync;
      return 0;
    });
    const auto added = add_bytes(one, bytes);
    detail::file_ops::set_fault({});
    EXPECT_TRUE(added && added->existed);
    return synced;
  };

  EXPECT_EQ(syncs_of(*store), 0) << "its own is";
  EXPECT_GE(syncs_of(*other), 2) << "the file and its folder";
}

TEST(Committer, WhatCouldNotBeMadeDurableIsNotSaidToBeSoTheNextTime) {
  TempStore store;
  const auto bytes = make_dicom().bytes();
  const RowId row = TempStore::require(add_bytes(*store, bytes)).instance.row;
  const auto other = TempStore::require(Store::open(store.root()));
  {
    Faults faults;
    faults.fail_op = Op::sync;
    faults.fail = true;
    EXPECT_FALSE(other->make_durable(row));
  }

  EXPECT_FALSE(other->make_durable(row)) << "the kernel may hold it for clean";
  EXPECT_FALSE(add_bytes(*other, bytes));
}

TEST(Committer, WhatCouldNotBeTakenBackIsTakenBackBeforeTheNext) {
  TempStore store;
  const auto first = make_dicom().bytes();
  {
    int commits = 0;
    detail::file_ops::set_fault([&](Op op) {
      if (op == Op::commit) ++commits;
      // The sync fails, and then the disk is gone for good.
      return op == Op::sync || (op == Op::commit && commits > 1) ? EIO : 0;
    });
    ASSERT_FALSE(add_bytes(*store, first));
    detail::file_ops::set_fault({});
  }

  store.add(make_dicom());

  EXPECT_EQ(store->statistics()->instances, 1);
  store.close();
  EXPECT_TRUE(TempStore::require(check(store.root())).clean());
}

TEST(Committer, WithoutMemoryAnAddFailsAndTheNextDoesNot) {
  for (const Op op : {Op::rename, Op::commit, Op::sync}) {
    TempStore store;
    store.add(make_dicom());
    auto file = TempStore::require(spooled(*store, make_dicom().bytes()));
    const auto size = *file.size();

    detail::file_ops::set_fault([op](Op now) -> int {
      if (now == op) throw std::bad_alloc();
      return 0;
    });
    EXPECT_FALSE(store->add(file)) << static_cast<int>(op);
    detail::file_ops::set_fault({});

    EXPECT_EQ(std::filesystem::file_size(file.path()), static_cast<std::uintmax_t>(size));
    EXPECT_EQ(store->statistics()->instances, 1);
    EXPECT_OK(store->add(file));
    store.reopen();
    EXPECT_EQ(store->statistics()->instances, 2);
    store.close();
    EXPECT_TRUE(TempStore::require(check(store.root())).clean());
  }
}

TEST(Committer, WithoutMemoryForASyncARelaxedStoreTriesAgain) {
  TempStore store(StoreOptions{.durability = Durability::relaxed});
  std::atomic<int> syncs = 0;
  detail::file_ops::set_fault([&syncs](Op op) -> int {
    if (op != Op::sync) return 0;
    const bool is_first = ++syncs == 1;
    syncs.notify_all();
    if (is_first) throw std::bad_alloc();
    return 0;
  });
  store.add(make_dicom());
  syncs.wait(0);
  syncs.wait(1);
  store.close();
  detail::file_ops::set_fault({});

  store.reopen();
  EXPECT_EQ(store->statistics()->instances, 1);
}

TEST(Committer, AnInstanceWhoseFileWasLostIsStoredAgain) {
  TempStore store;
  const auto bytes = make_dicom().instance("1.2.3").bytes();
  const Added before = store.add(bytes);
  std::filesystem::remove(store.root() / "blobs/0000/000/000000001.dcm");

  const Added again = store.add(bytes);

  EXPECT_FALSE(again.existed);
  EXPECT_NE(again.instance.row, before.instance.row);
  EXPECT_OK(store->open_file(again.instance.row));
  EXPECT_EQ(TempStore::require(store->statistics()).instances, 1);
}

// How many rows a next start would have to compare with their files.
std::int64_t untold_rows(const std::filesystem::path& root) {
  const auto index = TempStore::require(
      detail::Index::open(root / "index.db", detail::Index::Mode::read_only, Durability::full));
  std::int64_t count = 0;
  EXPECT_OK(index->read([&](detail::Connection& db) -> Result<> {
    for (const auto& range : TempStore::require(detail::unsynced(db)))
      count += value(range.last) - value(range.first) + 1;
    return {};
  }));
  return count;
}

// A row of another process, which has not synced its file.
void add_foreign_row(const std::filesystem::path& root) {
  const auto index = TempStore::require(
      detail::Index::open(root / "index.db", detail::Index::Mode::read_write, Durability::full));
  auto batch = TempStore::require(index->begin());
  TempStore::require(batch.insert(detail::InstanceBuilder("P", "1", "1.1", "1.1.1")));
  ASSERT_OK(batch.commit());
}

TEST(Committer, ATellingThatIsNotCommittedIsToldLater) {
  TempStore store;
  for (int i = 0; i < 70; ++i) store.add(make_dicom());
  {
    Faults faults;
    faults.fail = true;
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(store.try_add(make_dicom()));
  }
  for (int i = 0; i < 130; ++i) store.add(make_dicom());
  EXPECT_LE(untold_rows(store.root()), 72);
  store.close();
  EXPECT_EQ(untold_rows(store.root()), 0);
}

TEST(Committer, OfNumbersWhoseCommitFailedNothingIsTold) {
  TempStore store(StoreOptions{.overwrite = Overwrite::always});
  {
    Faults faults;
    faults.fail = true;
    EXPECT_FALSE(store.try_add(make_dicom()));
  }
  add_foreign_row(store.root());  // gets the same number

  store.add(make_dicom());
  store.close();

  EXPECT_EQ(untold_rows(store.root()), 1);
}

TEST(Committer, ASyncOfEverythingSpeaksForItsOwnRowsOnly) {
  TempStore store(StoreOptions{.durability = Durability::relaxed});
  store.add(make_dicom());
  add_foreign_row(store.root());
  store.add(make_dicom());
  store.close();

  EXPECT_EQ(untold_rows(store.root()), 1);
}

// No file may become longer than so many bytes: the log of the index cannot grow, small files can be written.
class FullDisk {
 public:
  explicit FullDisk(std::uintmax_t bytes) : before_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    const rlimit less{.rlim_cur = bytes, .rlim_max = limit_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &less);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, before_);
  }

 private:
  void (*before_)(int);
  rlimit limit_{};
};

TEST(Committer, WhatWasRefusedForWantOfRoomIsNotThereLater) {
  TempStore store;
  for (int i = 0; i < 20; ++i) store.add(make_dicom());
  {
    const FullDisk full(std::filesystem::file_size(store.root() / "index.db-wal"));
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(store.try_add(make_dicom()));
  }
  store.reopen();  // without another commit before
  EXPECT_EQ(store->statistics()->instances, 20);
  EXPECT_TRUE(check(store.root(), {})->problems.empty());
}

}  // namespace
}  // namespace dcmfs
