#pragma once
// Threads for what may wait for a disk or for another node, so that those which answer the kernel never
// do.
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace dcmfs::fs {

class WorkerPool {
 public:
  explicit WorkerPool(std::size_t threads);
  ~WorkerPool();  // does what was asked for, then ends

  void run(std::function<void()>);

 private:
  void work(std::stop_token);

  std::mutex mutex_;
  std::condition_variable_any wanted_;
  std::deque<std::function<void()>> work_;  // guarded by mutex_
  std::vector<std::jthread> threads_;
};

}  // namespace dcmfs::fs
