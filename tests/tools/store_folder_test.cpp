#include "tools/store_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "store/store.h"
#include "tests/support/ok.h"
#include "tests/support/temp_folder.h"

namespace dcmfs::tools {
namespace {

using testing::HasSubstr;

TEST(StoreFolder, IsMadeWhereItIsMissing) {
  TempFolder folder;

  const auto store = prepare_store(folder / "new");

  ASSERT_OK(store);
  EXPECT_TRUE(std::filesystem::is_directory(folder / "new"));
}

TEST(StoreFolder, ItsParentsAreNotMade) {
  TempFolder folder;

  EXPECT_FALSE(prepare_store(folder / "a/b"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

TEST(StoreFolder, AFolderOfOtherThingsIsRefused) {
  TempFolder folder;
  folder.write("holiday.jpg", "");

  const auto store = prepare_store(folder.path());

  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Errc::invalid_argument);
  EXPECT_THAT(store.error().message, HasSubstr("not a store of dcmfs"));
}

TEST(StoreFolder, AStoreIsTakenAndSoIsAnEmptyDisk) {
  TempFolder store, disk;
  std::filesystem::create_directory(store / "blobs");
  std::filesystem::create_directory(disk / "lost+found");

  EXPECT_OK(prepare_store(store.path()));
  EXPECT_OK(prepare_store(disk.path()));
}

// Another process may be at it, or died at it.
TEST(StoreFolder, AStoreThatHasOnlyBegunIsTaken) {
  TempFolder made, begun;
  const auto whole = Store::open(made / "store");
  ASSERT_OK(whole);
  for (const auto& entry : std::filesystem::directory_iterator(made / "store")) {
    if (entry.is_directory() && entry.path().filename() != "blobs")
      std::filesystem::create_directory(begun / entry.path().filename().string());
  }

  EXPECT_OK(prepare_store(begun.path()));
}

TEST(StoreFolder, OneThatMustBeThereIsNotMade) {
  TempFolder folder, store;
  std::filesystem::create_directory(store / "blobs");

  EXPECT_OK(require_store(store.path()));
  for (const auto& none : {folder / "mistyped", folder.path()}) {
    const auto required = require_store(none);
    ASSERT_FALSE(required);
    EXPECT_EQ(required.error().code, Errc::not_found);
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "mistyped"));
}

TEST(StoreFolder, AFileIsNoStore) {
  TempFolder folder;

  EXPECT_FALSE(prepare_store(folder.write("file", "")));
}

TEST(DaemonLock, TheSecondIsToldWhoTheFirstIs) {
  TempFolder store;
  auto first = DaemonLock::take(store.path());
  ASSERT_OK(first);
  ASSERT_OK(first->sign("/mnt/archive"));

  const auto second = DaemonLock::take(store.path());

  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::busy);
  EXPECT_THAT(second.error().message, HasSubstr("process " + std::to_string(::getpid())));
  EXPECT_THAT(second.error().message, HasSubstr("mounted at /mnt/archive"));
}

TEST(DaemonLock, EndsWithItsHolder) {
  TempFolder store;
  {
    auto first = DaemonLock::take(store.path());
    ASSERT_OK(first);
    ASSERT_OK(first->sign("/a/long/path/of/the/first"));
  }

  auto second = DaemonLock::take(store.path());
  ASSERT_OK(second);
  ASSERT_OK(second->sign(""));
  const auto third = DaemonLock::take(store.path());

  ASSERT_FALSE(third);
  EXPECT_THAT(third.error().message, HasSubstr("not mounted"));
}

}  // namespace
}  // namespace dcmfs::tools
