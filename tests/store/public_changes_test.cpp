#include "store/public_changes.h"

#include <gmock/gmock.h>

#include "store/detail/annotations.h"
#include "store/detail/sqlite.h"
#include "tests/store/index_fixture.h"

namespace dcmfs::detail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class PublicChangesTest : public IndexTest {
 protected:
  PublicChanges changes() { return PublicChanges(*index_); }
  std::vector<PublicChange> read(const PublicChanges::Window& window = {}) {
    return require(changes().read(window));
  }
  static std::vector<std::int64_t> numbers(const std::vector<PublicChange>& changes) {
    std::vector<std::int64_t> numbers;
    for (const auto& change : changes) numbers.push_back(change.seq);
    return numbers;
  }
  static constexpr PublicChanges::Kind kNewStudy{ChangeType::added, Level::study};
  static constexpr PublicChanges::Kind kNewInstance{ChangeType::added, Level::instance};
};

TEST_F(PublicChangesTest, TellChildrenBeforeTheirParentsWithTheirPublicIds) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  add(InstanceBuilder("P", "1", "1.1", "1.1.2"));

  const auto all = read();
  ASSERT_THAT(all, SizeIs(5));
  const std::vector<Level> levels{Level::instance, Level::series, Level::study, Level::patient,
                                  Level::instance};
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].type, ChangeType::added);
    EXPECT_EQ(all[i].what.level, levels[i]);
    EXPECT_EQ(all[i].id, require(index_->get(all[i].what)).id);
    EXPECT_EQ(all[i].at, kArrival);
  }
}

TEST_F(PublicChangesTest, LeaveOutRemovalsAndWhatIsGone) {
  const Key gone = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const Key stays = add(InstanceBuilder("P", "1", "1.2", "1.2.1"));
  remove(gone);

  const auto all = read();
  ASSERT_THAT(all, SizeIs(4));
  for (const auto& change : all) EXPECT_OK(index_->get(change.what));
  EXPECT_EQ(all.back().what, at(Level::series, stays));
}

TEST_F(PublicChangesTest, LeaveOutWhatIsForTheMountAlone) {
  const Key added = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const auto before = read();
  const Key study = at(Level::study, added);
  ASSERT_OK(index_->write_durably(
      [&](Connection& db) { return note_change(db, ChangeType::reread, study, kArrival); }));

  EXPECT_EQ(numbers(read()), numbers(before));
  EXPECT_EQ(require(changes().last())->seq, before.back().seq);
  EXPECT_THAT(read({.kinds = {{ChangeType::reread, Level::study}}}), IsEmpty());
  EXPECT_FALSE(changes().add(std::vector{study}, ChangeType::reread, kArrival));
}

TEST_F(PublicChangesTest, AreReadInWindowsBothWays) {
  for (int i = 1; i <= 6; ++i) add(InstanceBuilder("P", "1", "1.1", "1.1." + std::to_string(i)));
  // 1 to 4 is the first instance with all above it, then 5 to 9.

  EXPECT_THAT(numbers(read({.since = 4, .limit = 2})), ElementsAre(5, 6));
  EXPECT_THAT(numbers(read({.since = 4, .through = 6})), ElementsAre(5, 6));
  EXPECT_THAT(numbers(read({.through = 7, .limit = 3, .descending = true})), ElementsAre(7, 6, 5));
  EXPECT_THAT(read({.since = 9}), IsEmpty());
  EXPECT_EQ(require(changes().last())->seq, 9);
  EXPECT_EQ(require(changes().last_seq()), 9);
}

TEST_F(PublicChangesTest, AreReadByKind) {
  for (int i = 1; i <= 3; ++i) {
    const std::string study = std::to_string(i);
    add(InstanceBuilder("P" + study, study, study + ".1", study + ".1.1"));
  }
  EXPECT_THAT(numbers(read({.kinds = {kNewStudy}})), ElementsAre(3, 7, 11));
  EXPECT_THAT(numbers(read({.limit = 3, .kinds = {kNewStudy, kNewInstance, kNewStudy}})),
              ElementsAre(1, 3, 5));
  EXPECT_THAT(numbers(read({.limit = 3, .kinds = {kNewInstance, kNewStudy}, .descending = true})),
              ElementsAre(11, 9, 7));
  EXPECT_THAT(read({.kinds = {{ChangeType::removed, Level::instance}}}), IsEmpty());
}

// An index that is not used, or one that does not hold all rows, would be seen here.
TEST_F(PublicChangesTest, OfEachKindAreThoseThatAllHave) {
  const Key one = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const Key two = add(InstanceBuilder("Q", "2", "2.1", "2.1.1"));
  const std::array types{ChangeType::modified, ChangeType::completed, ChangeType::anonymized,
                         ChangeType::updated_metadata, ChangeType::updated_attachment};
  for (const ChangeType type : types) {
    for (const LevelInfo& level : kLevels)
      require(changes().add({{at(level.level, one), at(level.level, two)}}, type, kArrival));
  }
  remove(two);

  const auto all = read({.limit = 1000});
  EXPECT_THAT(all, SizeIs(4 + 5 * 4));
  for (const LevelInfo& level : kLevels) {
    for (int type = 1; type <= 8; ++type) {
      const PublicChanges::Kind kind{static_cast<ChangeType>(type), level.level};
      std::vector<std::int64_t> expected;
      for (const auto& change : all) {
        if (change.type == kind.type && change.what.level == kind.level)
          expected.push_back(change.seq);
      }
      EXPECT_EQ(numbers(read({.limit = 1000, .kinds = {kind}})), expected);
    }
  }
}

TEST_F(PublicChangesTest, AreEmptiedWithoutAnybodyElseNoticing) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  require(changes().clear());
  open();

  EXPECT_THAT(read(), IsEmpty());
  EXPECT_EQ(require(changes().last()), std::nullopt);
  EXPECT_EQ(require(changes().last_seq()), 4);
  EXPECT_THAT(changes_after(0), SizeIs(4));
  add(InstanceBuilder("P", "1", "1.1", "1.1.2"));
  EXPECT_THAT(numbers(read()), ElementsAre(5));
}

TEST_F(PublicChangesTest, AreAddedOfWhatIsThere) {
  const Key instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const Key study = at(Level::study, instance);

  require(changes().add({{study, Key{Level::study, RowId{99}}}}, ChangeType::anonymized, kArrival));

  const auto all = read({.since = 4});
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].type, ChangeType::anonymized);
  EXPECT_EQ(all[0].id, require(index_->get(study)).id);
  for (const auto type : {ChangeType::added, ChangeType::removed, ChangeType::stable})
    EXPECT_EQ(changes().add({{study}}, type, kArrival).error().code, Errc::invalid_argument);
}

TEST_F(PublicChangesTest, OfAnOlderIndexHaveTheirIds) {
  const Key instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  require(
      index_->write_durably([](Connection& db) { return db.run("UPDATE change SET id = NULL"); }));

  const auto all = read();
  ASSERT_THAT(all, SizeIs(4));
  EXPECT_EQ(all[0].id, require(index_->get(instance)).id);
}

TEST_F(PublicChangesTest, DoNotCountForTheTreeUnlessSomethingCameOrWent) {
  EXPECT_FALSE(require(index_->changes().tree_changed()).has_value());
  const Key instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  require(
      changes().add({{instance}}, ChangeType::updated_metadata, kArrival + std::chrono::hours(1)));

  const auto last = require(index_->changes().tree_changed());
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->at, kArrival);
  EXPECT_LT(last->seq, index_->changes().last());
}

}  // namespace
}  // namespace dcmfs::detail
