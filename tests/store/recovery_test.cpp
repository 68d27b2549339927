// What open() makes of what a crash left behind. Each test lays out the remains
// by hand; tests/crash makes real ones.
#include "store/detail/recovery.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/check.h"
#include "store/detail/file_ops.h"
#include "store/detail/folders.h"
#include "store/detail/index.h"
#include "store/detail/sqlite.h"
#include "tests/store/older_index.h"
#include "tests/support/make_archive.h"
#include "tests/support/manifest.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using detail::Index;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

class RecoveryTest : public testing::Test {
 protected:
  std::vector<std::string> rejected() {
    std::vector<std::string> names;
    for (const auto& item : TempStore::require(store_->rejected().list())) {
      names.push_back(item.name);
    }
    return names;
  }
  std::int64_t instances() { return TempStore::require(store_->statistics()).instances; }
  // Opens the store again: how many rows it had to compare with their files.
  std::int64_t compared_by_a_start() {
    std::int64_t compared = 0;
    StoreOptions options;
    options.progress = [&](std::string_view what, std::int64_t, std::int64_t total) {
      if (what == "checking the latest files") compared = total;
    };
    store_.reopen(options);
    return compared;
  }
  std::filesystem::path blob(RowId row) const { return detail::Folders(store_.root()).blob(row); }

  // In the spool folder of a process that is no more.
  std::filesystem::path left_behind(std::string_view name, std::string_view bytes) {
    const auto folder = store_.root() / "spool" / "1-0";
    std::filesystem::create_directories(folder);
    std::ofstream(folder / name, std::ios::binary) << bytes;
    return folder / name;
  }
  void change_index(const std::function<Result<>(Index::Batch&)>& change) {
    const auto index = TempStore::require(
        Index::open(store_.root() / "index.db", Index::Mode::read_write, Durability::full));
    auto batch = TempStore::require(index->begin());
    ASSERT_OK(change(batch));
    ASSERT_OK(batch.commit());
  }
  void expect_clean() {
    const auto report = TempStore::require(check(store_.root()));
    for (const auto& problem : report.problems) ADD_FAILURE() << problem.row << problem.what;
  }

  TempStore store_;
};

TEST_F(RecoveryTest, ImportsACompleteSpoolFileOfADeadProcess) {
  store_.close();
  left_behind("7.complete.IM0007", make_dicom().bytes());

  store_.reopen();

  EXPECT_EQ(instances(), 1);
  EXPECT_THAT(rejected(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(store_.root() / "spool" / "1-0"));
}

TEST_F(RecoveryTest, RejectsACompleteFileThatIsNoDicomUnderItsName) {
  store_.close();
  left_behind("7.complete.beach.jpg", "holiday");

  store_.reopen();

  EXPECT_THAT(rejected(), ElementsAre("beach.jpg", "beach.jpg.reason.txt"));
}

TEST_F(RecoveryTest, ImportsTheMembersOfACompleteArchive) {
  store_.close();
  left_behind("7.complete.CD.zip", make_zip({{"CD/IM1", make_dicom().bytes()},
                                             {"CD/AUTORUN.INF", "[autorun]"},
                                             {"CD/IM2", make_dicom().bytes()},
                                             {"CD/IM3.dcm", "holiday"}}));

  store_.reopen();

  EXPECT_EQ(instances(), 2);
  EXPECT_THAT(rejected(), ElementsAre("IM3.dcm", "IM3.dcm.reason.txt"));
  EXPECT_FALSE(std::filesystem::exists(store_.root() / "spool" / "1-0"));
}

TEST_F(RecoveryTest, KeepsAnArchiveOfWhichNotEverythingCouldBeRead) {
  store_.close();
  left_behind("7.complete.secret.zip", make_encrypted_zip({{"IM1", make_dicom().bytes()}}));
  left_behind(
      "8.complete.torn.tar",
      make_tar({{"IM1", make_dicom().bytes()}, {"IM2", make_dicom().bytes()}}).substr(0, 2500));

  store_.reopen();

  EXPECT_THAT(rejected(), Contains("secret.zip"));
  EXPECT_THAT(rejected(), Contains("torn.tar"));
}

TEST_F(RecoveryTest, KeepsAnUnfinishedFileForADayThenRejectsIt) {
  store_.close();
  const auto part = left_behind("7.writing.IM0007", make_dicom().bytes().substr(0, 300));

  store_.reopen();
  EXPECT_TRUE(std::filesystem::exists(part));
  EXPECT_THAT(rejected(), IsEmpty());

  ASSERT_OK(store_->expire(now() + std::chrono::hours(25)));
  EXPECT_FALSE(std::filesystem::exists(part));
  EXPECT_THAT(rejected(), ElementsAre("IM0007", "IM0007.reason.txt"));
}

TEST_F(RecoveryTest, DropsWhatNobodyWasPromised) {
  store_.close();
  left_behind("7.part", make_dicom().bytes());

  store_.reopen();

  EXPECT_EQ(instances(), 0);
  EXPECT_FALSE(std::filesystem::exists(store_.root() / "spool" / "1-0"));
}

TEST_F(RecoveryTest, TakesUpASpoolFolderWhileOthersHaveTheStoreOpen) {
  left_behind("7.complete.", make_dicom().bytes());

  const auto other = TempStore::require(Store::open(store_.root()));

  EXPECT_EQ(instances(), 1);
}

TEST_F(RecoveryTest, StoresAFileThatWasMovedButNotCommitted) {
  const Added first = store_.add(make_dicom());
  store_.close();
  std::ofstream(blob(RowId{value(first.instance.row) + 1})) << make_dicom().bytes();
  std::filesystem::create_directories(blob(RowId{5000}).parent_path());
  std::ofstream(blob(RowId{5000})) << make_dicom().bytes();

  store_.reopen();

  EXPECT_EQ(instances(), 3);
  EXPECT_FALSE(std::filesystem::exists(blob(RowId{5000})));
  expect_clean();
}

TEST_F(RecoveryTest, RejectsAnUncommittedFileThatIsNotWhole) {
  store_.add(make_dicom());
  store_.close();
  std::ofstream(blob(RowId{2})) << make_dicom().bytes().substr(0, 250);

  store_.reopen();

  EXPECT_EQ(instances(), 1);
  EXPECT_THAT(rejected(), ElementsAre("000000002.dcm", "000000002.dcm.reason.txt"));
  expect_clean();
}

TEST_F(RecoveryTest, AnUncommittedFileInTheWayOfAnAddIsPutAside) {
  store_.add(make_dicom());
  const std::string in_the_way = make_dicom().instance("1.2.3.4").bytes();
  std::ofstream(blob(RowId{2})) << in_the_way;

  const Added added = store_.add(make_dicom());
  EXPECT_EQ(value(added.instance.row), 2);

  store_.reopen();
  EXPECT_EQ(instances(), 3);
  expect_clean();
}

TEST_F(RecoveryTest, FinishesARemovalWhoseFileIsStillThere) {
  const std::string bytes = make_dicom().bytes();
  const Added added = store_.add(bytes);
  store_.close();
  change_index([&](Index::Batch& batch) -> Result<> {
    DCMFS_CHECK(batch.remove(added.instance, now()));
    return {};
  });
  ASSERT_TRUE(std::filesystem::exists(blob(added.instance.row)));

  store_.reopen();

  EXPECT_FALSE(std::filesystem::exists(blob(added.instance.row)));
  expect_clean();
}

TEST_F(RecoveryTest, WritesTheSizesAgainThatAnOlderProgramKnewDifferently) {
  const Added added = store_.add(make_dicom().pixels(4, 6, 8));
  const Entry before = TempStore::require(store_->entry(added.instance));
  store_.close();
  change_index([&](Index::Batch& batch) -> Result<> {
    DCMFS_CHECK(batch.set_sizes(added.instance.row, {.json = 1}));
    return batch.set_meta("sizes_version", "0.0");
  });

  store_.reopen();

  const Entry after = TempStore::require(store_->entry(added.instance));
  EXPECT_EQ(after.json_size, before.json_size);
  EXPECT_EQ(after.rows, 4);
  EXPECT_EQ(after.columns, 6);
}

TEST_F(RecoveryTest, FindsTheDocumentsThatAnOlderProgramDidNotShow) {
  const Added added = store_.add(make_dicom()
                                     .sop_class(uids::EncapsulatedPDFStorage)
                                     .set_bytes(tags::EncapsulatedDocument, Vr::OB, "%PDF %%EOF"));
  store_.close();
  change_index([&](Index::Batch& batch) -> Result<> {
    DCMFS_CHECK(batch.set_sizes(added.instance.row, {.json = 1}));
    return batch.set_meta("sizes_version", "1.1");
  });

  store_.reopen();

  EXPECT_EQ(TempStore::require(store_->entry(added.instance)).pdf_size, 10);
}

// An index of before kept what is said of the patient once, from the first file.
TEST_F(RecoveryTest, FindsInTheFilesWhatEachStudySaysOfThePatient) {
  const auto add = [&](std::string_view study, std::string_view name) {
    return store_.add(
        make_dicom().patient("P", name).study(study).series(std::string(study) + ".1"));
  };
  add("1", "DOE^JOHN");
  add("2", "ROE^ANN");
  add("2", "ANOTHER^ONE");  // the first speaks for the study
  store_.close();
  {
    const auto db = TempStore::require(detail::Connection::open(
        store_.root() / "index.db", detail::Connection::Access::read_write));
    ASSERT_OK(db->script(detail::kMakeVersion6));
  }

  store_.reopen();

  const auto studies = [&](const char* name) {
    Query query;
    query.where.push_back(
        {tags::PatientName, TempStore::require(Matcher::parse(tags::PatientName, name))});
    std::string all;
    EXPECT_OK(store_->find(query, [&](const Resource& resource) {
      all += resource.uids.study + resource.attributes.at(tags::PatientName);
      return true;
    }));
    return all;
  };
  for (int opened = 0; opened < 2; ++opened) {
    EXPECT_EQ(studies("DOE*"), "1DOE^JOHN");
    EXPECT_EQ(studies("ROE^ANN"), "2ROE^ANN");
    EXPECT_EQ(studies("*oe^ann*"), "2ROE^ANN");
    EXPECT_EQ(studies("ANOTHER*"), "");
    store_.reopen();
  }
  expect_clean();
  store_.close();
  EXPECT_TRUE(TempStore::require(rebuild(store_.root())).clean());
  store_.reopen();
  EXPECT_EQ(studies("*oe^ann*"), "2ROE^ANN");
}

TEST_F(RecoveryTest, WhatWasRefusedAndCouldNotBeTakenBackForWantOfRoomGoesWithTheEnd) {
  store_.close();
  {
    const auto store = TempStore::require(Store::open(store_.root()));
    int commits = 0;
    detail::file_ops::set_fault([&](detail::file_ops::Op op) {
      const bool fails =
          op == detail::file_ops::Op::sync || (op == detail::file_ops::Op::commit && ++commits > 1);
      return fails ? ENOSPC : 0;
    });
    EXPECT_FALSE(add_bytes(*store, make_dicom().bytes()));
    detail::file_ops::set_fault({});
  }

  store_.reopen();

  EXPECT_EQ(instances(), 0);
  expect_clean();
}

// A process that commits under Durability::relaxed, cannot sync, and then is gone.
class RelaxedProcess {
 public:
  RelaxedProcess(const std::filesystem::path& root, int files) {
    if (::pipe(ready_) != 0 || ::pipe(die_) != 0) throw std::runtime_error("no pipe");
    child_ = ::fork();
    if (child_ == 0) run(root, files);
    char byte = 0;
    if (::read(ready_[0], &byte, 1) != 1 || byte != 'y') throw std::runtime_error("no adds");
  }
  ~RelaxedProcess() {
    (void)!::write(die_[1], "x", 1);
    ::waitpid(child_, nullptr, 0);
    for (const int fd : {ready_[0], ready_[1], die_[0], die_[1]}) ::close(fd);
  }

 private:
  [[noreturn]] void run(const std::filesystem::path& root, int files) {
    const auto store = Store::open(root, StoreOptions{.durability = Durability::relaxed});
    detail::file_ops::set_fault(
        [](detail::file_ops::Op op) { return op == detail::file_ops::Op::sync ? EIO : 0; });
    bool good = store.ok();
    for (int i = 0; i < files; ++i) {
      const auto dicom = make_dicom().instance("9.9." + std::to_string(i));  // the parent's differ
      good = good && add_bytes(**store, dicom.bytes());
    }
    char byte = good ? 'y' : 'n';
    (void)!::write(ready_[1], &byte, 1);
    (void)!::read(die_[0], &byte, 1);
    ::_exit(0);
  }

  int ready_[2], die_[2];
  pid_t child_;
};

TEST_F(RecoveryTest, ARelaxedRowWhoseBytesAreNotThereIsTakenBack) {
  const Added durable = store_.add(make_dicom());
  store_.close();
  { const RelaxedProcess gone(store_.root(), 3); }
  std::filesystem::resize_file(blob(RowId{2}), 0);
  std::filesystem::remove(blob(RowId{3}));

  store_.reopen();

  EXPECT_EQ(instances(), 2);
  EXPECT_OK(store_->open_file(durable.instance.row));
  EXPECT_OK(store_->open_file(RowId{4}));
  EXPECT_THAT(rejected(), Contains("000000002.dcm"));
  expect_clean();
}

TEST_F(RecoveryTest, ADurableAddDoesNotHideUnsyncedRowsBelowIt) {
  store_.close();
  {
    auto relaxed = std::make_unique<RelaxedProcess>(store_.root(), 1);
    const auto durable = TempStore::require(Store::open(store_.root()));
    relaxed.reset();  // while the other has the store open, so that nobody recovers
    ASSERT_OK(add_bytes(*durable, make_dicom().bytes()));
  }
  std::filesystem::resize_file(blob(RowId{1}), 10);

  store_.reopen();

  EXPECT_EQ(instances(), 1);
  EXPECT_OK(store_->open_file(RowId{2}));
  expect_clean();
}

TEST_F(RecoveryTest, OnlyWhatAProcessCouldNotSyncIsComparedWithItsFile) {
  store_.close();
  {
    auto relaxed = std::make_unique<RelaxedProcess>(store_.root(), 3);
    const auto durable = TempStore::require(Store::open(store_.root()));
    relaxed.reset();
    for (int i = 0; i < 5; ++i) ASSERT_OK(add_bytes(*durable, make_dicom().bytes()));
  }
  std::filesystem::resize_file(blob(RowId{2}), 10);

  EXPECT_EQ(compared_by_a_start(), 3);

  EXPECT_EQ(instances(), 7);
  expect_clean();
}

// Adds with two stores in turn, as two processes would, and is killed before it has told of all.
void add_in_turn_and_die(const std::filesystem::path& root, int each) {
  const pid_t child = ::fork();
  if (child == 0) {
    const std::array stores{Store::open(root), Store::open(root)};
    bool good = stores[0] && stores[1];
    for (int i = 0; good && i < 2 * each; ++i)
      good = add_bytes(**stores[static_cast<std::size_t>(i % 2)], make_dicom().bytes()).ok();
    ::raise(good ? SIGKILL : SIGTERM);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(WTERMSIG(status), SIGKILL) << "it could not add";
}

TEST_F(RecoveryTest, AfterTwoProcessesThatAddedAtOnceLittleIsCompared) {
  constexpr int kEach = 150, kUntoldMax = 64;
  store_.close();
  add_in_turn_and_die(store_.root(), kEach);

  const auto compared = compared_by_a_start();

  EXPECT_GT(compared, 0);
  EXPECT_LT(compared, 2 * kUntoldMax);
  EXPECT_EQ(instances(), 2 * kEach);
  EXPECT_EQ(compared_by_a_start(), 0);
  expect_clean();
}

// fsync(2): after a failure the next one may succeed although the bytes never reached the disk.
TEST_F(RecoveryTest, AfterASyncThatFailedTheFilesAreComparedAtTheNextStart) {
  const StoreOptions relaxed{.durability = Durability::relaxed};
  store_.reopen(relaxed);
  std::atomic<int> syncs = 0;
  detail::file_ops::set_fault([&syncs](detail::file_ops::Op op) {
    if (op != detail::file_ops::Op::sync) return 0;
    syncs += 1;
    syncs.notify_all();
    return syncs == 1 ? EIO : 0;
  });
  const Added added = store_.add(make_dicom());
  syncs.wait(0);  // it failed
  syncs.wait(1);  // it succeeded
  store_.close();
  detail::file_ops::set_fault({});
  std::filesystem::resize_file(blob(added.instance.row), 0);

  store_.reopen();

  EXPECT_EQ(instances(), 0);
  expect_clean();
}

}  // namespace
}  // namespace dcmfs
