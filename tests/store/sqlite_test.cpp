#include "store/detail/sqlite.h"

#include <gtest/gtest.h>

#include "tests/support/ok.h"
#include "tests/support/temp_folder.h"

namespace dcmfs::detail {
namespace {

TEST(Sqlite, AStatementThatCannotBePreparedIsAnErrorEachTime) {
  const TempFolder folder;
  const auto opened = Connection::open(folder / "x.db", Connection::Access::read_write);
  ASSERT_OK(opened);
  auto& db = **opened;

  EXPECT_FALSE(db.run("DELETE FROM nowhere"));
  EXPECT_FALSE(db.integer("SELECT x FROM nowhere WHERE x = ?1", 1));

  ASSERT_OK(db.run("CREATE TABLE nowhere(x)"));
  EXPECT_TRUE(db.run("DELETE FROM nowhere"));
}

}  // namespace
}  // namespace dcmfs::detail
