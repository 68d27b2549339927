#include "store/export_log.h"

#include <gmock/gmock.h>

#include "tests/store/index_fixture.h"

namespace dcmfs::detail {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

using ExportLogTest = IndexTest;

TEST_F(ExportLogTest, KeepsWhatWasSentAlsoWhenItGoes) {
  const Key instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  const auto id = require(index_->get(instance)).id;
  ExportLog log(*index_);
  require(log.add(instance, "PACS", kArrival));
  require(log.add(at(Level::study, instance), "OTHER", kArrival));
  remove(instance);

  const auto all = require(log.read(0, 10));
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].seq, 1);
  EXPECT_EQ(all[0].id, id);
  EXPECT_EQ(all[0].level, Level::instance);
  EXPECT_EQ(all[0].uids, (Uids{"P", "1", "1.1", "1.1.1"}));
  EXPECT_EQ(all[0].modality, "PACS");
  EXPECT_EQ(all[0].at, kArrival);
  EXPECT_EQ(all[1].uids, (Uids{"P", "1", "", ""}));
  EXPECT_THAT(require(log.read(1, 10)), SizeIs(1));
  EXPECT_THAT(require(log.read(0, 1)), SizeIs(1));
  EXPECT_EQ(log.add(instance, "PACS", kArrival).error().code, Errc::not_found);
}

TEST_F(ExportLogTest, CountsOnWhenItIsCleared) {
  const Key instance = add(InstanceBuilder("P", "1", "1.1", "1.1.1"));
  ExportLog log(*index_);
  EXPECT_EQ(require(log.last()), 0);
  require(log.add(instance, "PACS", kArrival));
  require(log.clear());

  EXPECT_THAT(require(log.read(0, 10)), IsEmpty());
  EXPECT_EQ(require(log.last()), 1);
  require(log.add(instance, "PACS", kArrival));
  EXPECT_EQ(require(log.read(0, 10)).front().seq, 2);
}

}  // namespace
}  // namespace dcmfs::detail
