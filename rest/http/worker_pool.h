#pragma once
// A bounded number of threads with a bounded queue: what blocks is done here, never in
// cpprest's own threads, which idle clients could otherwise use up.
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace dcmfs::rest {

class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t queue_max);
  // Finishes what is queued.
  ~WorkerPool();

  // False if the queue is full: say so to the client. Thread safe.
  [[nodiscard]] bool submit(std::function<void()>);

 private:
  void work(std::stop_token);

  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<std::function<void()>> queue_;  // guarded by mutex_
  std::vector<std::jthread> threads_;        // last: stopped and joined first
};

}  // namespace dcmfs::rest
