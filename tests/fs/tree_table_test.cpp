#include "fs/tree_table.h"

#include <gtest/gtest.h>

namespace dcmfs::fs {
namespace {

// What stands in a place to drop files and was dropped there.
bool is_of_its_writer(Kind kind) {
  return kind_info(kind).dropped != Dropped::no && !marked(kind, kWritable);
}

TEST(TreeTable, HasARowForEveryKindButOfWhatIsDropped) {
  for (int k = 1; k < static_cast<int>(Kind::count); ++k) {
    const auto kind = static_cast<Kind>(k);
    EXPECT_EQ(type_of(kind).kind, is_of_its_writer(kind) ? Kind::none : kind) << k;
  }
}

}  // namespace
}  // namespace dcmfs::fs
