#pragma once
// Work between the threads of an import: bounded, so that a producer that is
// faster than the store waits.
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace dcmfs::import {

template <class T>
class Queue {
 public:
  explicit Queue(std::size_t size_max) : size_max_(size_max) {}

  // Waits for room. False: the queue was closed.
  bool push(T item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || items_.size() < size_max_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }
  // Takes `item` only if there is room: for a thread that also pops, which must not wait here.
  bool try_push(T& item) {
    const std::lock_guard lock(mutex_);
    if (closed_ || items_.size() >= size_max_) return false;
    items_.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }
  // Waits for an item; call finished() when it is done with. nullopt: there will be none any more,
  // which is certain only when nobody is at work who could push another.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || !items_.empty() || (ended_ && at_work_ == 0); });
    if (items_.empty()) return std::nullopt;
    T item = std::move(items_.front());
    items_.pop_front();
    ++at_work_;
    changed_.notify_all();
    return item;
  }
  void finished() {
    const std::lock_guard lock(mutex_);
    --at_work_;
    if (at_work_ == 0) changed_.notify_all();
  }
  // No more from outside; what is there is still popped.
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  // Nothing more, at once; drops what is there.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    items_.clear();
    changed_.notify_all();
  }

 private:
  const std::size_t size_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> items_;  // this and the next three guarded by mutex_
  int at_work_ = 0;
  bool ended_ = false;
  bool closed_ = false;
};

}  // namespace dcmfs::import
