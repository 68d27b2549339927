#include "store/derived_files.h"

#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ok.h"
#include "tests/support/temp_folder.h"

namespace dcmfs {
namespace {

constexpr auto kKind = DerivedFiles::Kind::series_metadata;

std::string text_of(const DerivedFiles& files, RowId row) {
  const auto blob = files.open(kKind, row);
  if (!blob) return "error " + std::to_string(static_cast<int>(blob.error().code));
  std::string text(static_cast<std::size_t>(blob->size()), '\0');
  return blob->read(0, std::as_writable_bytes(std::span(text))) ? text : "unread";
}

TEST(DerivedFiles, ArePutReplacedAndRemoved) {
  TempFolder folder;
  DerivedFiles files(folder / "derived");
  EXPECT_EQ(files.open(kKind, RowId{7}).error().code, Errc::not_found);
  EXPECT_TRUE(files.rows(kKind)->empty());

  ASSERT_OK(files.put(kKind, RowId{7}, "one"));
  const auto before = files.open(kKind, RowId{7});
  ASSERT_OK(files.put(kKind, RowId{7}, "another"));
  ASSERT_OK(files.put(kKind, RowId{8}, ""));
  EXPECT_EQ(text_of(files, RowId{7}), "another");
  EXPECT_EQ(before->size(), 3);  // who reads goes on with what it opened
  EXPECT_THAT(*files.rows(kKind), testing::UnorderedElementsAre(RowId{7}, RowId{8}));

  ASSERT_OK(files.remove(kKind, RowId{7}));
  ASSERT_OK(files.remove(kKind, RowId{7}));
  EXPECT_EQ(files.open(kKind, RowId{7}).error().code, Errc::not_found);
}

TEST(DerivedFiles, WhatACrashLeftUnfinishedGoesWithTheNextListing) {
  TempFolder folder;
  DerivedFiles files(folder / "derived");
  ASSERT_OK(files.put(kKind, RowId{7}, "one"));
  const auto unfinished = folder / "derived" / "series-metadata" / "7.123.new";
  std::ofstream(unfinished) << "o";

  EXPECT_THAT(*files.rows(kKind), testing::ElementsAre(RowId{7}));
  EXPECT_FALSE(std::filesystem::exists(unfinished));
}

TEST(DerivedFiles, WhatCannotBeWrittenLeavesWhatWasThere) {
  TempFolder folder;
  std::ofstream(folder / "derived") << "no folder";
  DerivedFiles files(folder / "derived");
  EXPECT_FALSE(files.put(kKind, RowId{7}, "one"));
  EXPECT_FALSE(files.open(kKind, RowId{7}));
}

}  // namespace
}  // namespace dcmfs
