#pragma once
// The pictures of the tree: made by a bounded pool of threads, kept for a while.
//
// Nobody waits for a picture: who wants one is called when it is there. All who want the same one
// share one decode, also those who come soon after. What nobody wants any more is not begun; what
// was begun is asked to stop. That a file cannot be decoded is kept as its picture would be; what
// fails for another reason is tried again. Memory is bounded: of what is kept, and of what is being decoded.
// Thread safe; calls nothing foreign while holding its mutex.
#include <algorithm>
#include <array>
#include <compare>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "store/ids.h"
#include "store/result.h"

namespace dcmfs::fs {

struct PictureId {
  RowId instance{};
  int frame = 0;  // from 0
  friend auto operator<=>(const PictureId&, const PictureId&) = default;
};

// A picture and the size of its file, which is known before it is made.
struct PictureFile {
  PictureId id;
  std::int64_t bytes = 0;
};

class Pictures {
 public:
  // Shared by the cache and the answers that are made of it.
  using Bytes = std::shared_ptr<const std::string>;
  using Make = std::function<Result<std::string>(const PictureId&, std::stop_token)>;
  using Then = std::function<void(const Result<Bytes>&)>;

  struct Limits {
    std::size_t threads = std::max(std::thread::hardware_concurrency(), 1U);
    std::int64_t kept_bytes_max = 64 << 20;     // of pictures that no open file shows
    std::int64_t open_bytes_max = 512 << 20;    // of those that one does
    std::int64_t decoding_bytes_max = 1 << 30;  // of decodes at the same time, if more than one
  };
  explicit Pictures(Make);
  Pictures(Make, const Limits&);
  // Who still waits is called with `cancelled`.
  ~Pictures();

  // Who waits, for Open::cancel().
  struct Ticket {
    PictureId id;
    std::uint64_t number = 0;
  };

  // An open file. Its picture is begun at once, and kept while it is open if there is room.
  class Open {
   public:
    Open(Open&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), id_(other.id_) {}
    ~Open();
    // Calls `then` once: from this thread if the picture is there, else from one of the pool.
    Ticket get(Then then) const;
    // True: its `then` will not be called. False: it was, or is just being called.
    bool cancel(const Ticket&) const;

   private:
    friend class Pictures;
    Open(Pictures& owner, const PictureId& id) : owner_(&owner), id_(id) {}
    Pictures* owner_;
    PictureId id_;
  };
  Open open(const PictureFile&);

  // Pictures that will probably be opened next: made when there is nothing else to do.
  void expect(const std::vector<PictureFile>&);
  // How many it makes sense to expect.
  std::size_t expected_max() const { return limits_.threads + 1; }

  struct Figures {
    std::int64_t made = 0;     // decodes that were begun
    std::int64_t stopped = 0;  // of them, those that ended because nobody wanted them any more
  };
  Figures figures() const;

 private:
  // Where an entry stands. Within a shelf the oldest is first: the next to be made, or to go.
  enum Shelf : std::uint8_t { awaited, opened, expected, in_use, kept, none };
  enum class State : std::uint8_t { absent, queued, making, made };
  struct Waiter {
    std::uint64_t number;
    Then then;
  };
  struct Entry {
    std::int64_t bytes = 0;
    State state = State::absent;
    Shelf shelf = none;
    std::uint64_t place = 0;  // on the shelf
    int opens = 0;
    bool is_expected = false;
    std::optional<Result<Bytes>> result;
    std::stop_source stop{std::nostopstate};
    std::vector<Waiter> waiting;

    bool is_wanted() const { return opens > 0 || !waiting.empty() || is_expected; }
    std::int64_t weight() const;
  };
  using Entries = std::map<PictureId, Entry>;

  Ticket get(const PictureId&, Then);
  bool cancel(const Ticket&);
  void close(const PictureId&);
  // All of these: with mutex_ held.
  Entry& entry_of(const PictureFile&);
  void put_away(Entries::iterator);
  void put_on(Shelf, Entries::iterator);
  void make_room(Shelf, std::int64_t bytes_max);
  void forget_expected_beyond(std::size_t count);
  std::optional<Entries::iterator> next();

  void work(std::stop_token);
  Result<Bytes> made(const PictureId&, std::stop_token) const;
  void finish(std::unique_lock<std::mutex>&, Entries::iterator, const Result<Bytes>&);

  const Make make_;
  const Limits limits_;
  mutable std::mutex mutex_;  // guards all that follows
  std::condition_variable_any wanted_;
  Entries entries_;
  std::array<std::map<std::uint64_t, PictureId>, none> shelves_;
  std::array<std::int64_t, none> shelf_bytes_{};
  std::deque<PictureId> expected_;  // and not yet begun, oldest first
  std::uint64_t clock_ = 0;         // numbers places and tickets
  std::int64_t making_ = 0, making_bytes_ = 0;
  Figures figures_;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace dcmfs::fs
