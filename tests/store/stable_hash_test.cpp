#include "store/stable_hash.h"

#include <array>

#include <gtest/gtest.h>

namespace dcmfs {
namespace {

// It is kept, so it must not change: the vectors that FNV's authors give.
TEST(StableHash, IsFnv1a) {
  EXPECT_EQ(stable_hash(""), 0xcbf29ce484222325u);
  EXPECT_EQ(stable_hash("a"), 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(stable_hash("foobar"), 0x85944171f73967e8u);
}

TEST(StableHash, GoesOnBehindAnother) {
  constexpr std::array<std::uint8_t, 3> kBar{'b', 'a', 'r'};

  EXPECT_EQ(stable_hash("bar", stable_hash("foo")), stable_hash("foobar"));
  EXPECT_EQ(stable_hash(kBar, stable_hash("foo")), stable_hash("foobar"));
}

}  // namespace
}  // namespace dcmfs
