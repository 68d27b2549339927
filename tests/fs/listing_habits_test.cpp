#include "fs/listing_habits.h"

#include <gtest/gtest.h>

namespace dcmfs::fs {
namespace {

using enum Tree::Files;
using std::chrono_literals::operator""s;

constexpr Node kPatient{Kind::patient, 1}, kStudy{Kind::study, 1}, kSeries{Kind::series, 1};
constexpr pid_t kFind = 100, kLs = 200;

class ListingHabitsTest : public testing::Test {
 protected:
  Tree::Files lists(pid_t reader, const Node& folder) {
    return habits_.begins_listing(reader, folder, now_);
  }

  ListingHabits::Clock::time_point now_{};
  ListingHabits habits_;
};

TEST_F(ListingHabitsTest, WhoCameAlongWithoutLookingWantsNamesOnly) {
  EXPECT_EQ(lists(kFind, kPatient), names_only);
  EXPECT_EQ(lists(kFind, kStudy), names_only);

  EXPECT_EQ(lists(kFind, kSeries), names_only);
  EXPECT_EQ(habits_.goes_on_listing(kFind, kSeries, now_), names_only);
}

TEST_F(ListingHabitsTest, WhoLooksUpFilesWantsAttributes) {
  lists(kLs, kPatient);
  habits_.looked_up(kLs, now_);

  EXPECT_EQ(lists(kLs, kStudy), with_attributes);
  EXPECT_EQ(lists(kLs, kSeries), with_attributes);
}

TEST_F(ListingHabitsTest, WhoListsASeriesOnlyIsUnknown) {
  EXPECT_EQ(lists(kLs, kSeries), with_attributes);
  lists(kFind, kStudy);
  EXPECT_EQ(lists(kFind, kSeries), with_attributes);  // one folder says too little
}

TEST_F(ListingHabitsTest, OneReaderSaysNothingOfAnother) {
  lists(kFind, kPatient);
  lists(kFind, kStudy);
  habits_.looked_up(kLs, now_);

  EXPECT_EQ(lists(kFind, kSeries), names_only);
  EXPECT_EQ(lists(kLs, kSeries), with_attributes);
  EXPECT_EQ(lists(0, kSeries), with_attributes);
}

TEST_F(ListingHabitsTest, HabitsAreForgottenAfterAWhile) {
  lists(kFind, kPatient);
  lists(kFind, kStudy);
  now_ += ListingHabits::kIdle + 1s;

  EXPECT_EQ(lists(kFind, kSeries), with_attributes);
}

TEST_F(ListingHabitsTest, TheOldestMakesRoom) {
  lists(kFind, kPatient);
  lists(kFind, kStudy);
  for (pid_t other = 1000; other < 1000 + static_cast<pid_t>(ListingHabits::kReadersMax); ++other) {
    now_ += std::chrono::milliseconds(1);
    lists(other, kPatient);
  }

  EXPECT_EQ(lists(kFind, kSeries), with_attributes);
}

}  // namespace
}  // namespace dcmfs::fs
