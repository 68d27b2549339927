#include "fs/send_waits.h"

#include <future>
#include <new>

#include <gtest/gtest.h>

#include "tests/support/temp_store.h"

namespace dcmfs::fs {
namespace {

class SendWaitsTest : public testing::Test {
 protected:
  OutboxId put() {
    auto file = TempStore::require(spooled(*store, make_dicom().bytes()));
    return TempStore::require(store->outbox().put(file, "x", "PACS", now()));
  }

  TempStore store;
};

TEST_F(SendWaitsTest, OneWhoCannotBeAnsweredHoldsUpNobodyElse) {
  const auto first = put(), second = put();
  SendWaits waits(*store);
  std::promise<int> answer;
  waits.add(first, [](int) { throw std::bad_alloc(); });
  waits.add(second, [&](int error) { answer.set_value(error); });

  ASSERT_OK(store->outbox().give_up(first));
  ASSERT_OK(store->outbox().give_up(second));

  EXPECT_EQ(answer.get_future().get(), 0);
}

TEST_F(SendWaitsTest, WhoStillWaitsAtTheEndIsToldThatItWasInterrupted) {
  const auto entry = put();
  std::vector<int> answers;
  {
    SendWaits waits(*store);
    waits.add(entry, [](int) { throw std::bad_alloc(); });
    waits.add(entry, [&](int error) { answers.push_back(error); });
  }

  EXPECT_EQ(answers, std::vector{EINTR});
}

}  // namespace
}  // namespace dcmfs::fs
