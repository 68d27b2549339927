// Answers of find/: how long they serve, and how many links there may be.
#include "fs/find_folders.h"

#include <gtest/gtest.h>

#include "tests/support/temp_store.h"

namespace dcmfs::fs {
namespace {

class FindFoldersTest : public testing::Test {
 protected:
  FindFolders::Answer ask(FindFolders& in, Time now, const std::string& path = "PatientName=*") {
    return TempStore::require(in.answer(in.intern(path), *store, {now, now}));
  }

  const Time start = from_ms(1'800'000'000'000);
  TempStore store;
  FindFolders folders;
};

TEST_F(FindFoldersTest, TheQueryIsNotAskedAgainAtOnceWhileSomethingArrives) {
  store.add(make_dicom().set(tags::PatientID, "A"));
  const auto first = ask(folders, start);
  store.add(make_dicom().set(tags::PatientID, "B"));

  EXPECT_EQ(ask(folders, start + FindFolders::kFresh / 2), first);

  EXPECT_EQ(ask(folders, start + FindFolders::kFresh)->size(), 2u);
}

TEST_F(FindFoldersTest, AnAnswerServesWhileNothingChanges) {
  store.add(make_dicom());
  const auto first = ask(folders, start);

  EXPECT_EQ(ask(folders, start + std::chrono::hours(1)), first);
}

TEST_F(FindFoldersTest, AnAnswerThatIsNotTheLastSaysSoByItsTime) {
  // Else the kernel would keep it under the time of a change that it does not know.
  store.add(make_dicom().set(tags::PatientID, "A"));
  const auto number = folders.intern("PatientName=*");
  ask(folders, start);
  store.add(make_dicom().set(tags::PatientID, "B"));
  const Time arrived = start + FindFolders::kFresh / 4;

  EXPECT_EQ(folders.changed(number, *store, {start + FindFolders::kFresh / 2, arrived}), start);
  EXPECT_EQ(folders.changed(number, *store, {start + FindFolders::kFresh, arrived}), arrived);
}

TEST_F(FindFoldersTest, AClockThatIsSetBackDoesNotKeepAnAnswer) {
  store.add(make_dicom().set(tags::PatientID, "A"));
  ask(folders, start);
  store.add(make_dicom().set(tags::PatientID, "B"));

  EXPECT_EQ(ask(folders, start - std::chrono::hours(1))->size(), 2u);
}

TEST_F(FindFoldersTest, MoreLinksThanAllowedAreAnError) {
  FindFolders two(2);
  for (const char* id : {"A", "B"}) store.add(make_dicom().set(tags::PatientID, id));
  EXPECT_EQ(ask(two, start)->size(), 2u);
  store.add(make_dicom().set(tags::PatientID, "C"));

  const auto answer =
      two.answer(two.intern("PatientName=*"), *store, {start + std::chrono::hours(1), start});

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::too_large);
}

TEST_F(FindFoldersTest, OldAnswersMakeRoomForThoseThatHaveManyLinks) {
  FindFolders two(2);
  for (const char* id : {"A", "B"}) store.add(make_dicom().set(tags::PatientID, id));
  const auto first = ask(two, start, "PatientID=A");

  const auto all = ask(two, start);

  EXPECT_EQ(ask(two, start), all);
  EXPECT_NE(ask(two, start, "PatientID=A"), first);
}

}  // namespace
}  // namespace dcmfs::fs
