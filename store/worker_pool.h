#pragma once
// A bounded number of threads for what may wait, for a disk or another node, so that those which
// must not wait (that answer the kernel, or all connections) never do.
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <limits>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace dcmfs {

class WorkerPool {
 public:
  explicit WorkerPool(std::size_t threads,
                      std::size_t queue_max = std::numeric_limits<std::size_t>::max());
  // Finishes what is queued.
  ~WorkerPool();

  // In the order in which they come. What a task throws ends it alone: whoever waits for it catches
  // that itself. False if as many as may be are queued: say so to the client. Thread safe.
  [[nodiscard]] bool submit(std::function<void()>);
  // Whatever is queued: for those who are bounded themselves.
  void run(std::function<void()>);

 private:
  void work(std::stop_token);

  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::function<void()>> queue_;  // guarded by mutex_
  std::vector<std::jthread> threads_;        // last: stopped and joined first
};

}  // namespace dcmfs
