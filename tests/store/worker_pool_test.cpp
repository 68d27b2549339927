#include "store/worker_pool.h"

#include <atomic>
#include <latch>
#include <new>

#include <gtest/gtest.h>

namespace dcmfs {
namespace {

TEST(WorkerPool, FinishesWhatIsQueuedBeforeItEnds) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool(2);
    for (int i = 0; i < 100; ++i) pool.run([&] { ++done; });
  }

  EXPECT_EQ(done, 100);
}

TEST(WorkerPool, SaysWhenItsQueueIsFull) {
  std::latch begun(1), may_go_on(1);
  WorkerPool pool(1, 1);
  ASSERT_TRUE(pool.submit([&] {
    begun.count_down();
    may_go_on.wait();
  }));
  begun.wait();

  EXPECT_TRUE(pool.submit([] {})) << "one may wait";
  EXPECT_FALSE(pool.submit([] {}));
  may_go_on.count_down();
}

TEST(WorkerPool, ATaskThatThrowsEndsNothingElse) {
  std::atomic<bool> done = false;
  {
    WorkerPool pool(1);
    pool.run([] { throw std::bad_alloc(); });
    pool.run([&] { done = true; });
  }

  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace dcmfs
