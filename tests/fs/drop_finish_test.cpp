// When what could not be taken is tried again, and when ghosts go. Time passes as the test says.
#include <atomic>
#include <cerrno>

#include <gmock/gmock.h>
#include <unistd.h>

#include "fs/incoming.h"
#include "store/detail/file_ops.h"
#include "tests/support/temp_store.h"

namespace dcmfs::fs {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

// A store that has no room, and how often it was asked.
class NoRoom {
 public:
  NoRoom() {
    detail::file_ops::set_fault([this](detail::file_ops::Op op) {
      if (op != detail::file_ops::Op::commit) return 0;
      ++asked;
      return ENOSPC;
    });
  }
  ~NoRoom() { detail::file_ops::set_fault({}); }
  NoRoom(const NoRoom&) = delete;
  NoRoom& operator=(const NoRoom&) = delete;

  std::atomic<int> asked = 0;
};

class DropFinishTest : public testing::Test {
 protected:
  static constexpr Node kRoot{Kind::incoming};

  void write(Drop::Handle handle, Time at) {
    ASSERT_OK(incoming.write(handle, at, [&](int fd) -> Result<std::int64_t> {
      if (::pwrite(fd, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        return system_error(errno, "writing");
      return 0;
    }));
  }
  // Written by a mapping after the last flush: nobody hears what becomes of it.
  void leave_unheard() {
    const auto created =
        TempStore::require(incoming.create(kRoot, "x", 0644, {.uid = 0, .gid = 0}, begin));
    write(created.handle, begin);
    incoming.release(created.handle, begin);
  }
  // The seconds at which it was tried.
  std::vector<int> tried(int from, int until) {
    std::vector<int> at;
    const NoRoom disk;
    for (int second = from; second <= until; second += 5) {
      const int before = disk.asked;
      incoming.tidy(begin + seconds(second));
      if (disk.asked > before) at.push_back(second);
    }
    return at;
  }
  std::int64_t stored() { return TempStore::require(store->statistics()).instances; }

  TempStore store;
  TempFolder folder;
  const Options options{};
  const Time begin = now();
  IncomingReport report{*store, folder / "report.jsonl"};
  Incoming incoming{*store, options, folder.path(), report, begin};
  const std::string bytes = make_dicom().bytes();
};

TEST_F(DropFinishTest, WhatCannotBeTakenIsTriedAfterLongerAndLongerPauses) {
  leave_unheard();

  EXPECT_THAT(tried(0, 1300), ElementsAre(0, 5, 15, 35, 75, 155, 315, 615, 915, 1215));

  incoming.tidy(begin + seconds(1500));
  EXPECT_EQ(stored(), 0);
  incoming.tidy(begin + seconds(1515));
  EXPECT_EQ(stored(), 1);
}

TEST_F(DropFinishTest, ARenameDoesNotWaitForTheEndOfAPause) {
  leave_unheard();
  EXPECT_EQ(tried(0, 300).size(), 6);

  ASSERT_OK(incoming.rename(kRoot, "x", kRoot, "y", Drop::Replace::no, begin + seconds(301)));

  EXPECT_EQ(stored(), 1);
}

TEST_F(DropFinishTest, WhatIsWrittenAnewDoesNotWaitForIt) {
  leave_unheard();
  EXPECT_EQ(tried(0, 300).size(), 6);
  const auto file = TempStore::require(incoming.lookup(kRoot, "x", begin + seconds(301)));

  const auto handle = TempStore::require(
      incoming.open(file.node, Drop::Truncate::no, {.uid = 0, .gid = 0}, begin + seconds(301)));
  write(handle, begin + seconds(301));
  incoming.release(handle, begin + seconds(301));

  EXPECT_THAT(tried(302, 310), ElementsAre(302, 307));
}

TEST_F(DropFinishTest, AFolderIsNoGhostBeforeSomethingStoodInIt) {
  const auto made =
      TempStore::require(incoming.make_folder(kRoot, "x", 0755, {.uid = 0, .gid = 0}, begin));

  incoming.tidy(begin + std::chrono::hours(23));
  EXPECT_OK(incoming.stat(made.node));

  incoming.tidy(begin + std::chrono::hours(25));
  EXPECT_FALSE(incoming.stat(made.node).ok());
}

TEST_F(DropFinishTest, AnIdleFolderStaysWhileTheKernelMayKnowIt) {
  const auto made =
      TempStore::require(incoming.make_folder(kRoot, "x", 0755, {.uid = 0, .gid = 0}, begin));
  ASSERT_OK(incoming.make_folder(made.node, "y", 0755, {.uid = 0, .gid = 0}, begin));
  ASSERT_OK(incoming.remove_folder(made.node, "y", begin));
  ASSERT_OK(incoming.lookup(kRoot, "x", begin + seconds(60)));

  incoming.tidy(begin + seconds(61));
  EXPECT_OK(incoming.stat(made.node));

  incoming.tidy(begin + seconds(70));
  EXPECT_FALSE(incoming.stat(made.node).ok());
}

}  // namespace
}  // namespace dcmfs::fs
