// What the kernel is told, and what it need not be told.
#include "fs/notifier.h"

#include <atomic>
#include <future>
#include <new>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_store.h"

namespace dcmfs::fs {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr Node kPatients{Kind::patients};

class NotifierTest : public testing::Test {
 protected:
  NotifierTest() { first_ = store_.add(sibling()); }

  static DicomBuilder sibling() { return make_dicom().study("1.2.3").series("1.2.3.4"); }

  void start() {
    notifier_.emplace(*store_, memory_,
                      Notifier::Kernel{[this](Ino number) {
                                         if (throws_.exchange(false)) throw std::bad_alloc();
                                         const std::scoped_lock lock(mutex_);
                                         inodes_.insert(number);
                                       },
                                       [this](Ino folder, const std::string& name) {
                                         const std::scoped_lock lock(mutex_);
                                         names_.emplace(folder, name);
                                       }},
                      [this](TreeChange) { touch_(); });
  }
  void wait_until_told() {
    std::promise<void> told;
    notifier_->after_now([&] { told.set_value(); });
    told.get_future().wait();
  }
  Node folder(Kind kind, Level level) {
    auto key = first_.instance;
    while (key.level != level) key = store_->entry(key)->parent;
    return {kind, static_cast<std::uint64_t>(value(key.row))};
  }
  std::set<Ino> inodes() {
    const std::scoped_lock lock(mutex_);
    return inodes_;
  }
  std::set<std::pair<Ino, std::string>> names() {
    const std::scoped_lock lock(mutex_);
    return names_;
  }

  TempStore store_;
  Added first_;
  KernelMemory memory_;
  std::mutex mutex_;
  std::set<Ino> inodes_;                         // guarded by mutex_
  std::set<std::pair<Ino, std::string>> names_;  // guarded by mutex_
  std::atomic<bool> throws_ = false;             // the kernel, the next time
  std::function<void()> touch_ = [] {};
  std::optional<Notifier> notifier_;  // last: it calls back
};

TEST_F(NotifierTest, TellsNothingToAKernelThatRemembersNothing) {
  start();
  store_.add(make_dicom());

  wait_until_told();
  notifier_.reset();

  EXPECT_THAT(inodes(), IsEmpty());
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(NotifierTest, TellsOnceOfAFolderThatWasLookedAt) {
  memory_.note(kPatients, KernelMemory::state);
  start();
  store_.add(make_dicom());
  wait_until_told();
  EXPECT_THAT(inodes(), Contains(ino(kPatients)));
  EXPECT_THAT(names(), IsEmpty());  // no name was looked up in vain
  {
    const std::scoped_lock lock(mutex_);
    inodes_.clear();
  }

  store_.add(make_dicom());
  wait_until_told();
  notifier_.reset();

  EXPECT_THAT(inodes(), IsEmpty());
}

TEST_F(NotifierTest, TellsOfTheNameWhereNamesWereLookedUpInVain) {
  const auto series = folder(Kind::series, Level::series);
  memory_.note(series, KernelMemory::missing);
  start();
  store_.add(sibling().set(tags::InstanceNumber, "7"));

  wait_until_told();

  EXPECT_THAT(names(), Contains(Pair(ino(series), "0007.dcm")));
}

TEST_F(NotifierTest, TellsOfANameThatWentHoweverLongAgoItWasSeen) {
  const auto series = folder(Kind::series, Level::series);
  memory_.note(series, KernelMemory::names);
  memory_.note(series, KernelMemory::state);
  start();
  store_.add(sibling());
  wait_until_told();
  const auto name = store_->entry(first_.instance)->name + ".dcm";

  ASSERT_OK(store_->remove(first_.instance));
  memory_.note(kPatients, KernelMemory::state);  // somebody waits for the removal to be told
  wait_until_told();

  EXPECT_THAT(names(), Contains(Pair(ino(series), name)));
}

TEST_F(NotifierTest, TellsOfWhatWasReadFromItsFilesAgain) {
  const auto study = folder(Kind::study_json, Level::study);
  const auto series = folder(Kind::series_json, Level::series);
  for (const auto& node : {study, series, kPatients}) memory_.note(node, KernelMemory::state);
  start();

  ASSERT_OK(store_->reread({Level::study, RowId{static_cast<std::int64_t>(study.row)}}));
  wait_until_told();

  EXPECT_THAT(inodes(), UnorderedElementsAre(ino(study), ino(series)));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(NotifierTest, RepeatsWhatAnAnswerMayHaveCrossed) {
  start();
  const auto before = memory_.version();
  store_.add(make_dicom());
  while (memory_.version() == before) std::this_thread::yield();

  notifier_->repeat_since(before);

  while (!inodes().contains(ino(kPatients))) std::this_thread::yield();
  EXPECT_FALSE(names().empty());
}

TEST_F(NotifierTest, WithoutMemoryItTellsTheNextTime) {
  std::atomic<int> touched = 0;
  touch_ = [&] {
    if (++touched == 1) throw std::bad_alloc();
  };
  start();
  memory_.note(kPatients, KernelMemory::state);

  store_.add(make_dicom());

  wait_until_told();
  EXPECT_TRUE(inodes().contains(ino(kPatients)));
}

TEST_F(NotifierTest, WithoutMemoryItRepeatsTheNextTime) {
  start();
  const auto before = memory_.version();
  store_.add(make_dicom());
  while (memory_.version() == before) std::this_thread::yield();

  throws_ = true;
  notifier_->repeat_since(before);

  while (!inodes().contains(ino(kPatients))) std::this_thread::yield();
  EXPECT_FALSE(throws_);
}

TEST_F(NotifierTest, OneWhoCannotBeAnsweredHoldsUpNobodyElse) {
  std::promise<void> both_wait;
  touch_ = [waits = both_wait.get_future().share()] { waits.wait(); };
  start();
  memory_.note(kPatients, KernelMemory::state);
  store_.add(make_dicom());
  std::promise<void> told;
  notifier_->after_now([] { throw std::bad_alloc(); });
  notifier_->after_now([&] { told.set_value(); });

  both_wait.set_value();

  told.get_future().wait();
}

TEST(KernelMemory, TakesStateAwayAndKeepsNames) {
  KernelMemory memory;
  memory.note(kPatients, KernelMemory::state);
  memory.note(kPatients, KernelMemory::names);
  EXPECT_TRUE(memory.expects_news());

  EXPECT_TRUE(memory.take(kPatients, KernelMemory::state));
  EXPECT_FALSE(memory.take(kPatients, KernelMemory::state));
  EXPECT_TRUE(memory.take(kPatients, KernelMemory::names));
  EXPECT_TRUE(memory.take(kPatients, KernelMemory::names));
  EXPECT_TRUE(memory.expects_news());  // one of them may go
}

TEST(KernelMemory, NamesThatWereMissingAreNewsForEver) {
  KernelMemory memory;
  memory.note(kPatients, KernelMemory::missing);
  EXPECT_TRUE(memory.take(kPatients, KernelMemory::missing));
  EXPECT_TRUE(memory.expects_news());
}

TEST(KernelMemory, TooManyToCountAreTakenForAll) {
  KernelMemory memory;
  for (std::uint64_t row = 1; row <= KernelMemory::kNodesMax + 1; ++row) {
    memory.note({Kind::series, row}, KernelMemory::state);
  }
  EXPECT_TRUE(memory.take({Kind::study, 5}, KernelMemory::state));
  EXPECT_TRUE(memory.expects_news());
}

TEST(KernelMemory, OtherKindsAreNotCounted) {
  KernelMemory memory;
  memory.note({Kind::incoming}, KernelMemory::state);
  memory.note({Kind::instance_dcm, 1}, KernelMemory::state);
  EXPECT_FALSE(memory.expects_news());
}

}  // namespace
}  // namespace dcmfs::fs
