#include "store/stability.h"

#include <gmock/gmock.h>

#include "tests/store/index_fixture.h"

namespace dcmfs::detail {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class StabilityTest : public IndexTest {
 protected:
  void restart() {
    stability_.reset();
    open();
    stability_ = std::make_unique<Stability>(*index_);
  }
  std::optional<Time> update(std::chrono::seconds after) {
    return require(stability_->update(kArrival + after, 60s));
  }
  Key arrive(const std::string& sop, std::chrono::seconds after, const std::string& series = "1.1",
             std::string expected = "") {
    InstanceBuilder instance("P", "1", series, sop);
    if (!expected.empty()) instance.with(tags::CardiacNumberOfImages, expected);
    return add(instance.with(tags::InstanceNumber, sop.substr(sop.rfind('.') + 1))
                   .name(sop)
                   .at(kArrival + after));
  }
  // What was told since the last time.
  std::vector<Key> told(ChangeType type) {
    std::vector<Key> keys;
    std::int64_t& seq = seen_[type];
    for (const Change& change : changes_after(seq)) {
      seq = change.seq;
      if (change.type == type) keys.push_back(change.what);
    }
    return keys;
  }
  bool is_stable(Key key) { return require(index_->get(key)).is_stable; }

  std::unique_ptr<Stability> stability_ = std::make_unique<Stability>(*index_);
  std::map<ChangeType, std::int64_t> seen_;
};

TEST_F(StabilityTest, IsToldOnceOfEachThatHasNotGrown) {
  const Key instance = arrive("1.1.1", 0s);
  const Key series = at(Level::series, instance), study = at(Level::study, instance),
            patient = at(Level::patient, instance);

  EXPECT_EQ(update(59s), kArrival + 60s);
  EXPECT_THAT(told(ChangeType::stable), IsEmpty());
  EXPECT_FALSE(is_stable(study));

  EXPECT_EQ(update(60s), std::nullopt);
  EXPECT_THAT(told(ChangeType::stable), ElementsAre(series, study, patient));
  for (const Key key : {series, study, patient}) EXPECT_TRUE(is_stable(key));
  EXPECT_FALSE(is_stable(instance));

  update(600s);
  EXPECT_THAT(told(ChangeType::stable), IsEmpty());
}

TEST_F(StabilityTest, EndsWithAnArrivalBelow) {
  const Key first = arrive("1.1.1", 0s);
  update(60s);
  told(ChangeType::stable);
  const Key second = arrive("1.2.1", 100s, "1.2");

  const Key old_series = at(Level::series, first), new_series = at(Level::series, second),
            study = at(Level::study, first), patient = at(Level::patient, first);
  EXPECT_TRUE(is_stable(old_series));
  for (const Key key : {new_series, study, patient}) EXPECT_FALSE(is_stable(key));

  update(159s);
  EXPECT_THAT(told(ChangeType::stable), IsEmpty());
  update(160s);
  EXPECT_THAT(told(ChangeType::stable), ElementsAre(new_series, study, patient));
}

TEST_F(StabilityTest, IsToldExactlyOnceOverRestarts) {
  const Key instance = arrive("1.1.1", 0s);
  update(30s);
  restart();
  EXPECT_EQ(update(40s), kArrival + 60s);
  restart();
  update(100s);
  EXPECT_THAT(told(ChangeType::stable), SizeIs(3));
  restart();
  EXPECT_EQ(update(200s), std::nullopt);
  EXPECT_THAT(told(ChangeType::stable), IsEmpty());
  EXPECT_TRUE(is_stable(at(Level::study, instance)));
}

// The old series is stable, its study is not: what is kept must tell them apart.
TEST_F(StabilityTest, OfTheLaterIsNotLostInARestartAfterTheEarlier) {
  arrive("1.1.1", 0s);
  const Key later = arrive("1.2.1", 50s, "1.2");
  update(70s);
  EXPECT_THAT(told(ChangeType::stable), SizeIs(1));
  restart();
  update(115s);

  EXPECT_THAT(
      told(ChangeType::stable),
      ElementsAre(at(Level::series, later), at(Level::study, later), at(Level::patient, later)));
}

TEST_F(StabilityTest, OfManyIsToldInTurns) {
  for (int i = 0; i < 1200; ++i) {
    const std::string n = std::to_string(i);
    add(InstanceBuilder("P" + n, n, n + ".1", n + ".1.1"));
  }
  update(60s);

  std::vector<Key> keys = told(ChangeType::stable);
  EXPECT_THAT(keys, SizeIs(3600));
  std::ranges::sort(keys);
  EXPECT_EQ(std::ranges::adjacent_find(keys), keys.end());
}

TEST_F(StabilityTest, IsNotToldOfWhatIsGone) {
  const Key instance = arrive("1.1.1", 0s);
  update(1s);
  remove(instance);

  EXPECT_EQ(update(60s), std::nullopt);
  EXPECT_THAT(told(ChangeType::stable), IsEmpty());
}

// A clock that was wrong when it came.
TEST_F(StabilityTest, ComesToWhatArrivedInTheFuture) {
  arrive("1.1.1", 1'000'000s);

  EXPECT_EQ(update(0s), kArrival + 60s);
  update(60s);
  EXPECT_THAT(told(ChangeType::stable), SizeIs(3));
}

TEST_F(StabilityTest, IsTriedAgainAfterAFailure) {
  arrive("1.1.1", 0s);
  update(1s);
  index_.reset();
  open(Index::Mode::read_only);
  Stability reading(*index_);
  EXPECT_FALSE(reading.update(kArrival + 60s, 60s).ok());
  EXPECT_FALSE(reading.update(kArrival + 60s, 60s).ok());
  restart();
  update(60s);
  EXPECT_THAT(told(ChangeType::stable), SizeIs(3));
}

TEST_F(StabilityTest, CompletionIsToldOnceWhenAllAreThere) {
  const Key first = arrive("1.1.1", 0s, "1.1", "2");
  const Key series = at(Level::series, first);
  update(1s);
  EXPECT_THAT(told(ChangeType::completed), IsEmpty());
  EXPECT_EQ(require(index_->get(series)).status, SeriesStatus::missing);

  const Key second = arrive("1.1.2", 1s, "1.1", "2");
  update(2s);
  EXPECT_THAT(told(ChangeType::completed), ElementsAre(series));
  EXPECT_EQ(require(index_->get(series)).status, SeriesStatus::complete);
  EXPECT_EQ(require(index_->get(series)).expected_instances, 2);
  EXPECT_EQ(require(index_->get(second)).index_in_series, 2);

  restart();
  update(100s);
  EXPECT_THAT(told(ChangeType::completed), IsEmpty());

  arrive("1.1.3", 101s, "1.1", "2");
  update(102s);
  EXPECT_THAT(told(ChangeType::completed), IsEmpty());
  EXPECT_EQ(require(index_->get(series)).status, SeriesStatus::inconsistent);
}

TEST_F(StabilityTest, CompletionIsToldAfterARestart) {
  arrive("1.1.1", 0s, "1.1", "1");
  restart();
  update(1s);
  EXPECT_THAT(told(ChangeType::completed), SizeIs(1));
}

}  // namespace
}  // namespace dcmfs::detail
