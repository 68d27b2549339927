#include "store/backoff.h"

#include <gtest/gtest.h>

namespace dcmfs {
namespace {

using std::chrono::milliseconds;

constexpr Backoff kPlain{.first = milliseconds(1000), .longest = milliseconds(60'000), .jitter = 0};
constexpr Backoff kJittery{
    .first = milliseconds(1000), .longest = milliseconds(60'000), .jitter = 0.25};

TEST(Backoff, DoublesWithEachFailure) {
  EXPECT_EQ(delay_before_retry(1, 0.5, kPlain), milliseconds(1000));
  EXPECT_EQ(delay_before_retry(2, 0.5, kPlain), milliseconds(2000));
  EXPECT_EQ(delay_before_retry(5, 0.5, kPlain), milliseconds(16'000));
}

TEST(Backoff, StopsGrowingAtTheLongest) {
  EXPECT_EQ(delay_before_retry(7, 0.5, kPlain), milliseconds(60'000));
  EXPECT_EQ(delay_before_retry(1'000'000, 0.5, kPlain), milliseconds(60'000));
}

TEST(Backoff, TakesNoFailureForTheFirst) {
  EXPECT_EQ(delay_before_retry(0, 0.5, kPlain), milliseconds(1000));
  EXPECT_EQ(delay_before_retry(-5, 0.5, kPlain), milliseconds(1000));
}

TEST(Backoff, SpreadsByTheRandomNumber) {
  EXPECT_EQ(delay_before_retry(3, 0.0, kJittery), milliseconds(3000));
  EXPECT_EQ(delay_before_retry(3, 0.5, kJittery), milliseconds(4000));
  EXPECT_EQ(delay_before_retry(3, 1.0, kJittery), milliseconds(5000));
}

}  // namespace
}  // namespace dcmfs
