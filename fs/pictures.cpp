#include "fs/pictures.h"

#include <algorithm>

#include "store/guarded.h"

namespace dcmfs::fs {
namespace {

// What an entry takes beside its bytes, so that small pictures and failures are counted, too.
constexpr std::int64_t kEntryBytes = 1 << 10;

// A decoder holds codestream, samples, values and picture: of a sample that becomes one byte of the
// file up to 4 bytes each.
constexpr std::int64_t kDecodingBytesPerByte = 12;

std::int64_t decoding_bytes(std::int64_t file_bytes) {
  return file_bytes * kDecodingBytesPerByte;
}

}  // namespace

std::int64_t Pictures::Entry::weight() const {
  return kEntryBytes + (result && result->ok() ? std::ssize(***result) : 0);
}

Pictures::Pictures(Make make) : Pictures(std::move(make), Limits{}) {}

Pictures::Pictures(Make make, const Limits& limits) : make_(std::move(make)), limits_(limits) {
  for (std::size_t i = 0; i < limits_.threads; ++i) {
    threads_.emplace_back([this](std::stop_token stop) { work(stop); });
  }
}

Pictures::~Pictures() {
  {
    const std::scoped_lock lock(mutex_);
    for (auto& [id, entry] : entries_) entry.stop.request_stop();
  }
  for (auto& thread : threads_) thread.request_stop();
  threads_.clear();  // joins
  const Result<Bytes> cancelled = Error{Errc::cancelled, "the mount is being ended"};
  for (auto& [id, entry] : entries_) {
    for (const auto& waiter : entry.waiting) waiter.then(cancelled);
  }
}

Pictures::Open Pictures::open(const PictureFile& file) {
  const std::scoped_lock lock(mutex_);
  auto& entry = entry_of(file);
  ++entry.opens;
  if (std::exchange(entry.is_expected, false)) std::erase(expected_, file.id);
  if (entry.state == State::absent) entry.state = State::queued;
  put_away(entries_.find(file.id));
  wanted_.notify_one();
  return Open(*this, file.id);
}

Pictures::Open::~Open() {
  if (owner_ != nullptr) owner_->close(id_);
}

Pictures::Ticket Pictures::Open::get(Then then) const {
  return owner_->get(id_, std::move(then));
}

bool Pictures::Open::cancel(const Ticket& ticket) const {
  return owner_->cancel(ticket);
}

void Pictures::close(const PictureId& id) {
  const std::scoped_lock lock(mutex_);
  const auto at = entries_.find(id);
  --at->second.opens;
  put_away(at);
}

Pictures::Ticket Pictures::get(const PictureId& id, Then then) {
  std::unique_lock lock(mutex_);
  const auto at = entries_.find(id);  // there as long as it is open
  Entry& entry = at->second;
  if (entry.state == State::made) {
    const auto result = *entry.result;
    put_away(at);  // was just used
    lock.unlock();
    then(result);
    return {};
  }
  const Ticket ticket{id, ++clock_};
  entry.waiting.push_back({ticket.number, std::move(then)});
  if (entry.state == State::absent) entry.state = State::queued;
  put_away(at);
  wanted_.notify_one();
  return ticket;
}

bool Pictures::cancel(const Ticket& ticket) {
  Then dropped;  // destroyed without the lock
  const std::scoped_lock lock(mutex_);
  const auto at = entries_.find(ticket.id);
  if (at == entries_.end()) return false;
  auto& waiting = at->second.waiting;
  const auto found = std::ranges::find(waiting, ticket.number, &Waiter::number);
  if (found == waiting.end()) return false;
  dropped = std::move(found->then);
  waiting.erase(found);
  put_away(at);
  return true;
}

void Pictures::expect(const std::vector<PictureFile>& files) {
  const std::scoped_lock lock(mutex_);
  std::int64_t room = limits_.kept_bytes_max / 2;  // they must not drive out one another
  for (const auto& file : files) {
    room -= file.bytes;
    if (room < 0) break;
    Entry& entry = entry_of(file);
    if (entry.state == State::absent && !entry.is_expected) {
      entry.is_expected = true;
      entry.state = State::queued;
      expected_.push_back(file.id);
      wanted_.notify_one();
    }
    put_away(entries_.find(file.id));
  }
  forget_expected_beyond(expected_max());
}

void Pictures::forget_expected_beyond(std::size_t count) {
  while (expected_.size() > count) {
    const auto at = entries_.find(expected_.front());
    expected_.pop_front();
    at->second.is_expected = false;
    put_away(at);
  }
}

Pictures::Figures Pictures::figures() const {
  const std::scoped_lock lock(mutex_);
  return figures_;
}

Pictures::Entry& Pictures::entry_of(const PictureFile& file) {
  Entry& entry = entries_[file.id];
  entry.bytes = file.bytes;
  return entry;
}

// Finds the right place for an entry that changed or was used, or drops it.
void Pictures::put_away(Entries::iterator at) {
  Entry& entry = at->second;
  switch (entry.state) {
    case State::absent:
    case State::queued:
      if (!entry.is_wanted()) {
        put_on(none, at);
        entries_.erase(at);
      } else if (entry.state == State::absent) {
        put_on(none, at);
      } else {
        put_on(!entry.waiting.empty() ? awaited : entry.opens > 0 ? opened : expected, at);
      }
      return;
    case State::making:
      put_on(none, at);
      if (!entry.is_wanted()) entry.stop.request_stop();
      return;
    case State::made:
      put_on(entry.opens > 0 ? in_use : kept, at);
      make_room(in_use, limits_.open_bytes_max);
      make_room(kept, limits_.kept_bytes_max);
      return;
  }
}

void Pictures::put_on(Shelf shelf, Entries::iterator at) {
  Entry& entry = at->second;
  const bool is_line = shelf == awaited || shelf == opened || shelf == expected;
  if (is_line && shelf == entry.shelf) return;  // keeps its place
  if (entry.shelf != none) {
    shelves_[entry.shelf].erase(entry.place);
    shelf_bytes_[entry.shelf] -= entry.weight();
  }
  entry.shelf = shelf;
  if (shelf == none) return;
  entry.place = ++clock_;
  shelves_[shelf].emplace(entry.place, at->first);
  shelf_bytes_[shelf] += entry.weight();
}

// The one that was used last stays, however large.
void Pictures::make_room(Shelf shelf, std::int64_t bytes_max) {
  while (shelf_bytes_[shelf] > bytes_max && shelves_[shelf].size() > 1) {
    const auto oldest = entries_.find(shelves_[shelf].begin()->second);
    put_on(none, oldest);
    oldest->second.result.reset();
    oldest->second.state = State::absent;
    if (!oldest->second.is_wanted()) entries_.erase(oldest);
  }
}

std::optional<Pictures::Entries::iterator> Pictures::next() {
  for (const auto shelf : {awaited, opened, expected}) {
    if (shelves_[shelf].empty()) continue;
    const auto at = entries_.find(shelves_[shelf].begin()->second);
    const auto bytes = making_bytes_ + decoding_bytes(at->second.bytes);
    if (making_ > 0 && bytes > limits_.decoding_bytes_max) return std::nullopt;
    return at;
  }
  return std::nullopt;
}

void Pictures::work(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    std::optional<Entries::iterator> at;
    wanted_.wait(lock, stop, [&] { return (at = next()).has_value(); });
    if (stop.stop_requested()) return;
    Entry& entry = (*at)->second;
    const PictureId id = (*at)->first;
    entry.state = State::making;
    entry.stop = std::stop_source();
    if (entry.is_expected) std::erase(expected_, id);
    put_away(*at);
    const auto bytes = decoding_bytes(entry.bytes);
    ++making_;
    making_bytes_ += bytes;
    ++figures_.made;
    lock.unlock();

    const auto result = made(id, entry.stop.get_token());  // nobody erases what is being made

    lock.lock();
    --making_;
    making_bytes_ -= bytes;
    wanted_.notify_all();  // there may be room for a large one
    finish(lock, *at, result);
  }
}

Result<Pictures::Bytes> Pictures::made(const PictureId& id, std::stop_token stop) const {
  return guarded([&]() -> Result<Bytes> {
    DCMFS_TRY(auto text, make_(id, std::move(stop)));
    return std::make_shared<const std::string>(std::move(text));
  });
}

void Pictures::finish(std::unique_lock<std::mutex>& lock, Entries::iterator at,
                      const Result<Bytes>& result) {
  Entry& entry = at->second;
  if (!result && result.error().code == Errc::cancelled) {
    ++figures_.stopped;
    entry.state = State::queued;  // if somebody came meanwhile
    put_away(at);
    return;
  }
  entry.is_expected = false;
  // What fails for no fault of the file's may be there the next time.
  const bool stays = result.ok() || is_about_the_file(result.error().code);
  entry.state = stays ? State::made : State::absent;
  if (stays) entry.result = result;
  const auto waiting = std::exchange(entry.waiting, {});
  put_away(at);
  lock.unlock();
  for (const auto& waiter : waiting) waiter.then(result);
  lock.lock();
}

}  // namespace dcmfs::fs
