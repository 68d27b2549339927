#include "store/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/detail/folders.h"
#include "tests/support/manifest.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;
using testing::Field;
using Kind = CheckProblem::Kind;

auto Problem(Kind kind, std::int64_t row) {
  return testing::AllOf(Field(&CheckProblem::kind, kind), Field(&CheckProblem::row, row));
}

class CheckTest : public testing::Test {
 protected:
  CheckTest() {
    for (int i = 0; i < 3; ++i) added_.push_back(store_.add(make_dicom().pixels(4, 4, 8)));
    store_.close();
  }
  std::filesystem::path blob(int row) const {
    return detail::Folders(store_.root()).blob(RowId{row});
  }
  CheckReport checked() const { return TempStore::require(check(store_.root())); }

  TempStore store_;
  std::vector<Added> added_;
};

TEST_F(CheckTest, AWholeStoreIsClean) {
  const auto report = checked();

  EXPECT_TRUE(report.clean());
  EXPECT_EQ(report.rows, 3);
  EXPECT_EQ(report.files, 3);
}

TEST_F(CheckTest, SeesAMissingFile) {
  std::filesystem::remove(blob(2));

  EXPECT_THAT(checked().problems, ElementsAre(Problem(Kind::file_missing, 2)));
}

TEST_F(CheckTest, SeesOneChangedByte) {
  std::string bytes = read_whole_file(blob(2));
  bytes.back() ^= 1;
  std::ofstream(blob(2), std::ios::binary) << bytes;

  EXPECT_THAT(checked().problems, ElementsAre(Problem(Kind::file_damaged, 2)));
}

TEST_F(CheckTest, SeesAFileThatIsCutShort) {
  std::filesystem::resize_file(blob(3), 100);

  EXPECT_THAT(checked().problems, ElementsAre(Problem(Kind::file_damaged, 3)));
}

TEST_F(CheckTest, SeesAFileWithoutARow) {
  std::filesystem::copy_file(blob(1), blob(77));

  EXPECT_THAT(checked().problems, ElementsAre(Problem(Kind::file_unknown, 77)));
}

TEST_F(CheckTest, LooksAtAStoreThatIsInUse) {
  store_.reopen();

  EXPECT_TRUE(checked().clean());
}

TEST_F(CheckTest, DoesNotMakeAStore) {
  TempFolder folder;

  EXPECT_FALSE(check(folder.path()));

  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST_F(CheckTest, RebuildingALostIndexGivesTheSameRowsAndTimes) {
  store_.reopen();
  ASSERT_OK(store_->remove(added_[1].instance));
  const auto received = TempStore::require(store_->file(added_[2].instance.row)).received;
  store_.close();
  for (const char* name : {"index.db", "index.db-wal", "index.db-shm"}) {
    std::filesystem::remove(store_.root() / name);
  }

  const auto report = TempStore::require(rebuild(store_.root()));

  EXPECT_TRUE(report.clean());
  EXPECT_EQ(report.rows, 2);
  store_.reopen();
  EXPECT_EQ(TempStore::require(store_->key(Level::instance, added_[2].id)), added_[2].instance);
  EXPECT_EQ(TempStore::require(store_->file(added_[2].instance.row)).received, received);
  EXPECT_EQ(value(store_.add(make_dicom()).instance.row), 4);
  EXPECT_TRUE(checked().clean());
}

TEST_F(CheckTest, RebuildingTakesTheNewerOfTwoFilesOfOneInstance) {
  std::filesystem::copy_file(blob(1), blob(4));

  const auto report = TempStore::require(rebuild(store_.root()));

  EXPECT_THAT(report.problems, ElementsAre(Problem(Kind::file_replaced, 1)));
  EXPECT_EQ(report.rows, 3);
  EXPECT_FALSE(std::filesystem::exists(blob(1)));
  EXPECT_TRUE(std::filesystem::exists(store_.root() / "rejected" / "000000001.dcm"));
  EXPECT_TRUE(checked().clean());
}

TEST_F(CheckTest, RebuildingLeavesAnUnreadableFileWhereItIs) {
  std::filesystem::resize_file(blob(2), 200);

  const auto report = TempStore::require(rebuild(store_.root()));

  EXPECT_THAT(report.problems, ElementsAre(Problem(Kind::unreadable, 2)));
  EXPECT_TRUE(std::filesystem::exists(blob(2)));
}

TEST_F(CheckTest, RebuildingWaitsForNobody) {
  store_.reopen();

  EXPECT_EQ(rebuild(store_.root()).error().code, Errc::busy);
}

TEST_F(CheckTest, OpeningFinishesAnInterruptedReplacementOfTheIndex) {
  std::filesystem::rename(store_.root() / "index.db", store_.root() / "index.db.ready");
  std::ofstream(store_.root() / "index.db") << "a damaged index";
  std::ofstream(store_.root() / "index.db-wal") << "and its log";

  store_.reopen();

  EXPECT_EQ(TempStore::require(store_->statistics()).instances, 3);
}

}  // namespace
}  // namespace dcmfs
