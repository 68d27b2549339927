#include "store/detail/change_log.h"

#include <chrono>
#include <future>
#include <thread>

#include <gmock/gmock.h>

#include "tests/store/index_fixture.h"

namespace dcmfs::detail {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class ChangeLogTest : public IndexTest {
 protected:
  static std::vector<std::pair<ChangeType, Level>> kinds(const std::vector<Change>& changes) {
    std::vector<std::pair<ChangeType, Level>> kinds;
    for (const Change& change : changes) kinds.emplace_back(change.type, change.what.level);
    return kinds;
  }
};

TEST_F(ChangeLogTest, ReportsTheChildBeforeItsNewParents) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  add(InstanceBuilder("P", "1", "1.1", "1.1.2"));

  EXPECT_THAT(kinds(changes_after(0)), ElementsAre(std::pair(ChangeType::added, Level::instance),
                                                   std::pair(ChangeType::added, Level::series),
                                                   std::pair(ChangeType::added, Level::study),
                                                   std::pair(ChangeType::added, Level::patient),
                                                   std::pair(ChangeType::added, Level::instance)));
}

TEST_F(ChangeLogTest, TellsWhereAResourceStands) {
  const auto instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1")
                                .dates(20040119, 20040203)
                                .links("study link", "series link"));

  const auto changes = changes_after(0);
  ASSERT_THAT(changes, SizeIs(4));
  for (const Change& change : changes) {
    EXPECT_EQ(change.name, name(change.what));
    EXPECT_EQ(change.parent, require(index_->entry(change.what)).parent);
    EXPECT_EQ(change.id, require(index_->get(change.what)).id);
    EXPECT_EQ(change.at, kArrival);
  }
  EXPECT_EQ(changes[0].what, instance);
  EXPECT_EQ(changes[0].place, "1.1.1");
  EXPECT_EQ(changes[1].place, "CT/200402");
  EXPECT_EQ(changes[1].link, "series link");
  EXPECT_EQ(changes[2].place, "20040119");
  EXPECT_EQ(changes[2].link, "study link");
}

TEST_F(ChangeLogTest, CallsTheFolderOfWhatHasNoDate) {
  add(InstanceBuilder("P", "1", "1.1", "1.1.1").dates(0, 0).modality("NoModality"));

  const auto changes = changes_after(0);
  ASSERT_THAT(changes, SizeIs(4));
  EXPECT_EQ(changes[1].place, "NoModality/NoDate");
  EXPECT_EQ(changes[2].place, "NoDate");
}

TEST_F(ChangeLogTest, TellsOfARemovalAllThatWasToldOfTheArrival) {
  const auto instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const auto arrived = changes_after(0);

  remove(at(Level::study, instance));

  const auto removed = changes_after(arrived.back().seq);
  ASSERT_THAT(removed, SizeIs(4));
  for (std::size_t i = 0; i < removed.size(); ++i) {
    EXPECT_EQ(removed[i].type, ChangeType::removed);
    EXPECT_EQ(removed[i].what, arrived[i].what);
    EXPECT_EQ(removed[i].parent, arrived[i].parent);
    EXPECT_EQ(removed[i].id, arrived[i].id);
    EXPECT_EQ(removed[i].name, arrived[i].name);
    EXPECT_EQ(removed[i].place, arrived[i].place);
    EXPECT_EQ(removed[i].link, arrived[i].link);
  }
}

TEST_F(ChangeLogTest, ForgetsTheArrivalOfWhatIsGone) {
  const auto gone = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  add(InstanceBuilder("Q", "2", "2.1", "2.1.1"));
  remove(gone);

  for (const Change& change : changes_after(0))
    if (change.type != ChangeType::removed) {
      EXPECT_OK(index_->get(change.what));
    }
}

TEST_F(ChangeLogTest, NeverCountsBackwards) {
  const auto gone = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  remove(gone);
  const auto last = index_->changes().last();
  open();

  EXPECT_EQ(index_->changes().last(), last);
  add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  EXPECT_EQ(changes_after(last).front().seq, last + 1);
}

TEST_F(ChangeLogTest, IsReadInPages) {
  for (int i = 0; i < 5; ++i) add(InstanceBuilder("P", "1", "1.1", "1.1." + std::to_string(i)));

  std::vector<Change> all;
  for (std::int64_t seq = 0;;) {
    const auto page = require(index_->changes().read(seq, 3));
    if (page.empty()) break;
    EXPECT_LE(page.size(), 3u);
    all.insert(all.end(), page.begin(), page.end());
    seq = page.back().seq;
  }
  EXPECT_THAT(all, SizeIs(8));
}

TEST_F(ChangeLogTest, WakesWhoWaitsForACommitOfThisProcess) {
  auto waiting =
      std::async(std::launch::async, [&] { return require(index_->changes().wait(0, 10, {})); });
  add(InstanceBuilder("P", "1", "1.1", "1.1.1"));

  ASSERT_EQ(waiting.wait_for(10s), std::future_status::ready);
  EXPECT_THAT(waiting.get(), SizeIs(4));
}

TEST_F(ChangeLogTest, DoesNotShowWhatIsNotCommitted) {
  auto batch = require(index_->begin());
  require(batch.insert(InstanceBuilder("P", "1", "1.1", "1.1.1")));

  EXPECT_THAT(changes_after(0), IsEmpty());
}

TEST_F(ChangeLogTest, StopsWaitingWhenAsked) {
  std::stop_source stop;
  auto waiting = std::async(
      std::launch::async, [&] { return require(index_->changes().wait(0, 10, stop.get_token())); });
  stop.request_stop();

  ASSERT_EQ(waiting.wait_for(10s), std::future_status::ready);
  EXPECT_THAT(waiting.get(), IsEmpty());
}

// Two Index objects are to each other what two processes are.
TEST_F(ChangeLogTest, NoticesTheCommitOfAnotherProcess) {
  const auto other = require(Index::open(file(), Index::Mode::read_write, Durability::full));
  auto waiting = std::async(std::launch::async, [&] {
    auto changes = require(other->changes().wait(0, 10, {}));
    return std::pair(std::move(changes), std::chrono::steady_clock::now());
  });
  add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const auto committed = std::chrono::steady_clock::now();

  ASSERT_EQ(waiting.wait_for(10s), std::future_status::ready);
  const auto [changes, noticed] = waiting.get();
  EXPECT_THAT(changes, SizeIs(4));
  RecordProperty("noticed_after_ms", std::to_string((noticed - committed) / 1ms));
}

}  // namespace
}  // namespace dcmfs::detail
