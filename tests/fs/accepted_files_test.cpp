// What was dropped and is remembered: in memory and on disk no more than is of use.
#include "fs/accepted_files.h"

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"

namespace dcmfs::fs {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

class AcceptedFilesTest : public testing::Test {
 protected:
  std::string name(int i) { return "IM" + std::to_string(i); }
  AcceptedFile at(Time when, std::int64_t row) {
    return {.size = 100, .mtime_ns = 5, .row = row, .at = when};
  }

  const Time start = from_ms(1'800'000'000'000);
  TempFolder folder;
  const std::filesystem::path file = folder / "accepted";
};

TEST_F(AcceptedFilesTest, TheOldestAreForgottenAtTheLimit) {
  constexpr int kMax = 20;
  AcceptedFiles files(file, start, kMax);
  for (int i = 0; i < kMax; ++i) files.add(name(i), at(start + seconds(i), i + 1));

  files.add("new", at(start + seconds(kMax), 99));

  EXPECT_FALSE(files.find(name(0), start));
  EXPECT_TRUE(files.find("new", start));
  for (int i = kMax / 10; i < kMax; ++i) EXPECT_TRUE(files.find(name(i), start)) << i;
}

TEST_F(AcceptedFilesTest, TheExpiredMakeRoomBeforeAnyOther) {
  constexpr int kMax = 20;
  AcceptedFiles files(file, start, kMax);
  const Time later = start + AcceptedFiles::kKept;
  files.add("old", at(start, 1));
  for (int i = 1; i < kMax; ++i) files.add(name(i), at(later - seconds(60), i + 1));

  files.add("new", at(later, 99));

  for (int i = 1; i < kMax; ++i) EXPECT_TRUE(files.find(name(i), later)) << i;
  EXPECT_TRUE(files.find("new", later));
}

TEST_F(AcceptedFilesTest, LoadingMoreThanTheLimitKeepsTheNewest) {
  {
    AcceptedFiles files(file, start, 40);
    for (int i = 0; i < 40; ++i) files.add(name(i), at(start + seconds(i), i + 1));
  }

  const AcceptedFiles files(file, start + hours(1), 20);

  EXPECT_FALSE(files.find(name(0), start));
  EXPECT_TRUE(files.find(name(39), start));
}

TEST_F(AcceptedFilesTest, AFileThatIsAcceptedAgainAndAgainDoesNotMakeTheListGrow) {
  AcceptedFiles files(file, start);
  files.add("x", at(start, 1));
  const auto record = std::filesystem::file_size(file);

  for (int i = 0; i < 10'000; ++i) files.add("x", at(start + seconds(i), i + 1));

  EXPECT_LE(std::filesystem::file_size(file), 2000 * record);
  EXPECT_EQ(AcceptedFiles(file, start).find("x", start)->row, 10'000);
}

}  // namespace
}  // namespace dcmfs::fs
