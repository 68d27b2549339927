#include "store/detail/synced_rows.h"

#include <gmock/gmock.h>

#include "store/detail/sqlite.h"
#include "tests/store/index_fixture.h"

namespace dcmfs::detail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

RowRange rows(std::int64_t first, std::int64_t last) {
  return {RowId{first}, RowId{last}};
}

class SyncedRows : public IndexTest {
 protected:
  void add_rows(int count) {
    for (int i = 0; i < count; ++i)
      add(InstanceBuilder("P", "1", "1.1", "1.1." + std::to_string(++added_)));
  }
  void remove_row(std::int64_t row) { remove({Level::instance, RowId{row}}); }
  void tell(const std::vector<RowRange>& ranges) {
    auto batch = require(index_->begin());
    require(batch.with([&](Connection& db) { return add_synced(db, ranges); }));
    require(batch.commit());
  }
  std::vector<RowRange> gaps() {
    std::vector<RowRange> found;
    require(index_->read([&](Connection& db) -> Result<> {
      DCMFS_TRY(found, unsynced(db));
      return {};
    }));
    return found;
  }
  std::int64_t ranges() {
    std::int64_t count = 0;
    require(index_->read([&](Connection& db) -> Result<> {
      DCMFS_TRY(const auto counted, db.integer("SELECT count(*) FROM synced"));
      count = *counted;
      return {};
    }));
    return count;
  }

 private:
  int added_ = 0;
};

TEST_F(SyncedRows, AreNoneInANewIndex) {
  EXPECT_THAT(gaps(), IsEmpty());

  add_rows(3);

  EXPECT_THAT(gaps(), ElementsAre(rows(1, 3)));
}

TEST_F(SyncedRows, LeaveOutWhatNobodyToldOf) {
  add_rows(10);

  tell({rows(2, 4), rows(6, 7)});

  EXPECT_THAT(gaps(), ElementsAre(rows(1, 1), rows(5, 5), rows(8, 10)));
}

TEST_F(SyncedRows, BecomeOneRangeWhereTheyTouch) {
  add_rows(8);
  tell({rows(1, 1), rows(3, 3), rows(5, 5), rows(7, 7)});
  EXPECT_EQ(ranges(), 4);

  tell({rows(2, 2), rows(6, 6), rows(8, 8), rows(4, 4)});

  EXPECT_EQ(ranges(), 1);
  EXPECT_THAT(gaps(), IsEmpty());
}

TEST_F(SyncedRows, BecomeOneRangeWhereTheyOverlap) {
  add_rows(9);
  tell({rows(2, 3), rows(5, 6), rows(8, 8)});

  tell({rows(3, 8)});

  EXPECT_EQ(ranges(), 1);
  EXPECT_THAT(gaps(), ElementsAre(rows(1, 1), rows(9, 9)));

  tell({rows(1, 9), rows(4, 5)});

  EXPECT_EQ(ranges(), 1);
  EXPECT_THAT(gaps(), IsEmpty());
}

TEST_F(SyncedRows, BecomeOneRangeOverNumbersWithoutARow) {
  add_rows(9);
  remove_row(2);
  remove_row(3);
  tell({rows(1, 1)});

  tell({rows(4, 5)});

  EXPECT_EQ(ranges(), 1);
  EXPECT_THAT(gaps(), ElementsAre(rows(6, 9)));
}

TEST_F(SyncedRows, BecomeOneRangeWhenWhatWasBetweenIsGone) {
  add_rows(6);
  tell({rows(1, 2), rows(4, 4), rows(6, 6)});
  remove_row(3);

  tell({rows(5, 5)});

  EXPECT_EQ(ranges(), 1);
  EXPECT_THAT(gaps(), IsEmpty());
}

TEST_F(SyncedRows, OfOneTransactionThatFailedAreNotTold) {
  add_rows(2);
  {
    auto batch = require(index_->begin());
    require(batch.with([&](Connection& db) { return add_synced(db, std::vector{rows(1, 2)}); }));
  }

  EXPECT_THAT(gaps(), ElementsAre(rows(1, 2)));
}

TEST_F(SyncedRows, AreJoinedBeforeTheyAreToldWhereOneFollowsTheOther) {
  std::vector<RowRange> ranges;
  append(ranges, rows(1, 2));
  append(ranges, rows(3, 3));
  append(ranges, rows(5, 5));

  EXPECT_THAT(ranges, ElementsAre(rows(1, 3), rows(5, 5)));
}

}  // namespace
}  // namespace dcmfs::detail
