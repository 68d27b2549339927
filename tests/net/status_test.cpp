#include "net/status.h"

#include <gtest/gtest.h>

namespace dcmfs::net {
namespace {

TEST(Status, HasAClass) {
  EXPECT_EQ(class_of(statuses::kSuccess), StatusClass::success);
  EXPECT_EQ(class_of(statuses::kPendingSomeKeysUnsupported), StatusClass::pending);
  EXPECT_EQ(class_of(statuses::kCancelled), StatusClass::cancel);
  EXPECT_EQ(class_of(statuses::kElementsDiscarded), StatusClass::warning);
  EXPECT_EQ(class_of(0xb123), StatusClass::warning);
  EXPECT_EQ(class_of(0xa7ff), StatusClass::failure);
  EXPECT_EQ(class_of(0xcafe), StatusClass::failure);
  EXPECT_EQ(class_of(0x4711), StatusClass::failure);  // nobody knows it
}

TEST(Status, HasAName) {
  EXPECT_EQ(name_of(statuses::kDuplicateSopInstance), "Duplicate SOP Instance");
  EXPECT_EQ(name_of(0xa712), "Refused: Out of Resources");
  EXPECT_EQ(name_of(0xa701), "Refused: Out of Resources - Unable to calculate number of matches");
  EXPECT_EQ(name_of(0x4711), "");
}

TEST(Status, EveryErrorIsAFailureOrACancel) {
  for (int code = 0; code <= static_cast<int>(Errc::timed_out); ++code) {
    const Status status = status_of(static_cast<Errc>(code));

    EXPECT_NE(class_of(status), StatusClass::success) << code;
    EXPECT_NE(name_of(status), "") << code;
  }
  EXPECT_EQ(status_of(Errc::no_space), 0xa700);
  EXPECT_EQ(status_of(Errc::over_quota), 0xa700);
  EXPECT_EQ(status_of(Errc::already_exists), 0x0111);
  EXPECT_EQ(status_of(Errc::corrupt), 0xc000);
}

}  // namespace
}  // namespace dcmfs::net
