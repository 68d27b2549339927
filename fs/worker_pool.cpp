#include "fs/worker_pool.h"

#include "store/guarded.h"

namespace dcmfs::fs {

WorkerPool::WorkerPool(std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this](std::stop_token stop) { work(stop); });
  }
}

WorkerPool::~WorkerPool() {
  for (auto& thread : threads_) thread.request_stop();
  threads_.clear();  // joins
}

void WorkerPool::run(std::function<void()> task) {
  {
    const std::scoped_lock lock(mutex_);
    work_.push_back(std::move(task));
  }
  wanted_.notify_one();
}

void WorkerPool::work(std::stop_token stop) {
  for (;;) {
    std::unique_lock lock(mutex_);
    wanted_.wait(lock, stop, [this] { return !work_.empty(); });
    if (work_.empty()) return;
    const auto task = std::move(work_.front());
    work_.pop_front();
    lock.unlock();
    // Whoever waits for a task catches what it throws; it does not end the daemon.
    (void)guarded(task);
  }
}

}  // namespace dcmfs::fs
