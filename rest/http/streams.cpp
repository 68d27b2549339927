#include "rest/http/streams.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "store/guarded.h"

namespace dcmfs::rest {
namespace {

std::exception_ptr broken(const char* why) {
  return std::make_exception_ptr(std::runtime_error(why));
}

}  // namespace

// ---- in

IncomingBuffer::IncomingBuffer(WorkerPool& workers)
    : PlainBuffer(std::ios_base::out), workers_(workers) {}

void IncomingBuffer::open(std::shared_ptr<IncomingBuffer> self, Take take, Done done) {
  std::unique_lock lock(mutex_);
  if (state_ != State::waiting) return;
  state_ = State::idle;
  self_ = std::move(self);
  take_ = std::move(take);
  done_ = std::move(done);
  advance(lock);
}

void IncomingBuffer::refuse() {
  std::unique_lock lock(mutex_);
  state_ = State::over;
  filling_ = {};
  if (!waiting_) return;
  auto waiting = *std::exchange(waiting_, std::nullopt);
  lock.unlock();
  waiting.set_exception(broken("the body is refused"));
}

void IncomingBuffer::end(bool whole) {
  std::unique_lock lock(mutex_);
  ended_ = whole;
  advance(lock);
}

pplx::task<std::size_t> IncomingBuffer::_putn(const std::uint8_t* bytes, std::size_t size) {
  std::unique_lock lock(mutex_);
  if (state_ == State::over)
    return pplx::task_from_exception<std::size_t>(broken("the body is refused"));
  const auto* first = reinterpret_cast<const std::byte*>(bytes);
  filling_.insert(filling_.end(), first, first + size);
  if (filling_.size() < kPieceBytes) return pplx::task_from_result(size);
  if (state_ != State::idle) {
    // cpprest reads no further until this is answered: so the client is slowed down.
    waiting_.emplace();
    waiting_size_ = size;
    return pplx::create_task(*waiting_);
  }
  advance(lock);
  return pplx::task_from_result(size);
}

// Hands a piece to a worker if there is one to be handed and nobody has one.
void IncomingBuffer::advance(std::unique_lock<std::mutex>& lock) {
  if (state_ != State::idle || (!ended_ && filling_.size() < kPieceBytes)) return;
  state_ = State::taking;
  const bool last = ended_.has_value();
  auto piece = std::make_shared<std::vector<std::byte>>(std::exchange(filling_, {}));
  auto waiting = std::exchange(waiting_, std::nullopt);
  const auto size = waiting_size_;
  lock.unlock();
  const bool accepted =
      workers_.submit([self = self_, piece, last] { self->work(std::move(*piece), last); });
  if (waiting) waiting->set(size);
  if (!accepted) finish(Error{Errc::busy, "too many requests at a time"});
  lock.lock();
}

void IncomingBuffer::work(std::vector<std::byte> piece, bool last) {
  std::optional<bool> whole;
  if (last) {
    const std::lock_guard lock(mutex_);
    whole = ended_;
  }
  Result<> taken;
  if (whole == false)
    taken = Error{Errc::cancelled, "the client went before its body was whole"};
  else if (!piece.empty())
    taken = guarded([&] { return take_(piece); });
  if (last || !taken) return finish(std::move(taken));
  std::unique_lock lock(mutex_);
  if (state_ != State::taking) return;
  state_ = State::idle;
  advance(lock);
}

// It is answered, and nothing more is taken.
void IncomingBuffer::finish(Result<> taken) {
  Done done;
  std::shared_ptr<IncomingBuffer> self;
  {
    const std::lock_guard lock(mutex_);
    done = std::move(done_);
    self = std::move(self_);
    take_ = {};
  }
  refuse();
  if (done) done(std::move(taken));
}

// ---- out

OutgoingBuffer::OutgoingBuffer(std::unique_ptr<Source> source, WorkerPool& workers)
    : PlainBuffer(std::ios_base::in), workers_(workers), source_(std::move(source)) {}

void OutgoingBuffer::stop() {
  source_->stop();
  std::unique_lock lock(mutex_);
  ended_ = failed_ = true;
  if (!asked_) return;
  auto asked = *std::exchange(asked_, std::nullopt);
  lock.unlock();
  asked.answer.set_exception(broken("the server ends"));
}

pplx::task<std::size_t> OutgoingBuffer::_getn(std::uint8_t* into, std::size_t size) {
  std::unique_lock lock(mutex_);
  if (const auto n = give(into, size); n > 0) {
    refill();
    return pplx::task_from_result(n);
  }
  if (failed_) return pplx::task_from_exception<std::size_t>(broken("the body could not be made"));
  if (ended_) return pplx::task_from_result<std::size_t>(0);
  asked_ = Asked{into, size, {}};
  auto task = pplx::create_task(asked_->answer);
  refill();
  return task;
}

std::size_t OutgoingBuffer::give(std::uint8_t* into, std::size_t size) {
  if (given_ == front_.size() && back_is_full_) {
    std::swap(front_, back_);
    back_is_full_ = false;
    given_ = 0;
  }
  const auto n = std::min(size, front_.size() - given_);
  if (n == 0) return 0;
  std::memcpy(into, front_.data() + given_, n);
  given_ += n;
  return n;
}

void OutgoingBuffer::refill() {
  if (working_ || back_is_full_ || ended_) return;
  working_ = workers_.submit(
      [self = std::static_pointer_cast<OutgoingBuffer>(shared_from_this())] { self->work(); });
  if (working_) return;
  ended_ = failed_ = true;
  if (asked_)
    std::exchange(asked_, std::nullopt)
        ->answer.set_exception(broken("too many requests at a time"));
}

void OutgoingBuffer::work() {
  const auto read = guarded([this] {
    back_.resize(kPieceBytes);
    return source_->read(back_);
  });
  std::unique_lock lock(mutex_);
  working_ = false;
  if (!read || *read == 0) {
    ended_ = true;
    failed_ = failed_ || !read;
    back_.clear();
  } else {
    back_.resize(*read);
    back_is_full_ = true;
  }
  if (!asked_) return;
  auto asked = *std::exchange(asked_, std::nullopt);
  const auto n = give(asked.into, asked.size);
  const bool failed = failed_ && n == 0;
  if (n > 0) refill();
  lock.unlock();
  if (failed)
    asked.answer.set_exception(broken("the body could not be made"));
  else
    asked.answer.set(n);
}

}  // namespace dcmfs::rest
