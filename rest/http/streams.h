#pragma once
// Bodies between cpprest and our workers. cpprest moves them in pieces of 4 KiB in its one thread,
// which must never wait for a disk; the workers read and write a quarter of a megabyte at a time.
// Both directions hold at most two such pieces, so that memory stays flat whoever is slow.
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include <cpprest/astreambuf.h>

#include "rest/http/message.h"
#include "store/worker_pool.h"

namespace dcmfs::rest {

inline constexpr std::size_t kPieceBytes = 256 << 10;

// What cpprest asks of a stream and we have no use for.
class PlainBuffer : public concurrency::streams::details::streambuf_state_manager<std::uint8_t> {
 protected:
  using Base = concurrency::streams::details::streambuf_state_manager<std::uint8_t>;
  explicit PlainBuffer(std::ios_base::openmode mode) : Base(mode) {}

  // The base would wait here for the one thread that runs it.
  pplx::task<void> close(std::ios_base::openmode mode) override {
    if ((mode & std::ios_base::in) != 0) _close_read();
    if ((mode & std::ios_base::out) != 0) _close_write();
    return pplx::task_from_result();
  }
  bool can_seek() const override { return false; }
  bool has_size() const override { return false; }
  std::size_t buffer_size(std::ios_base::openmode) const override { return 0; }
  void set_buffer_size(std::size_t, std::ios_base::openmode) override {}
  std::size_t in_avail() const override { return 0; }
  pos_type getpos(std::ios_base::openmode) const override { return traits::eof(); }
  pos_type seekpos(pos_type, std::ios_base::openmode) override { return traits::eof(); }
  pos_type seekoff(off_type, std::ios_base::seekdir, std::ios_base::openmode) override {
    return traits::eof();
  }
  bool acquire(std::uint8_t*&, std::size_t&) override { return false; }
  void release(std::uint8_t*, std::size_t) override {}
  std::uint8_t* _alloc(std::size_t) override { return nullptr; }
  void _commit(std::size_t) override {}
  pplx::task<bool> _sync() override { return pplx::task_from_result(true); }
  pplx::task<int_type> _putc(std::uint8_t) override { return end(); }
  pplx::task<std::size_t> _putn(const std::uint8_t*, std::size_t) override { return nothing(); }
  pplx::task<std::size_t> _getn(std::uint8_t*, std::size_t) override { return nothing(); }
  std::size_t _scopy(std::uint8_t*, std::size_t) override { return 0; }
  pplx::task<int_type> _bumpc() override { return end(); }
  int_type _sbumpc() override { return traits::eof(); }
  pplx::task<int_type> _getc() override { return end(); }
  int_type _sgetc() override { return traits::eof(); }
  pplx::task<int_type> _nextc() override { return end(); }
  pplx::task<int_type> _ungetc() override { return end(); }

 private:
  static pplx::task<int_type> end() { return pplx::task_from_result<int_type>(traits::eof()); }
  static pplx::task<std::size_t> nothing() { return pplx::task_from_result<std::size_t>(0); }
};

// What a request brings. Thread safe.
class IncomingBuffer : public PlainBuffer {
 public:
  // Takes a piece; an error refuses all that comes. Runs in a worker, never two at a time.
  using Take = std::function<Result<>(std::span<const std::byte>)>;
  // Runs in a worker, once: after the last piece or the first error, or when the client went.
  using Done = std::function<void(Result<>)>;

  explicit IncomingBuffer(WorkerPool& workers);

  // Until then pieces wait.
  void open(std::shared_ptr<IncomingBuffer> self, Take, Done);
  // Nothing of it is wanted.
  void refuse();
  // Nothing more comes: the end, or the client went.
  void end(bool whole);

 protected:
  pplx::task<std::size_t> _putn(const std::uint8_t*, std::size_t) override;

 private:
  enum class State { waiting, idle, taking, over };
  void advance(std::unique_lock<std::mutex>&);
  void work(std::vector<std::byte> piece, bool last);
  void finish(Result<> taken);

  WorkerPool& workers_;
  std::mutex mutex_;
  // The rest is guarded by mutex_.
  State state_ = State::waiting;
  std::vector<std::byte> filling_;
  std::optional<bool> ended_;  // whole or not
  std::optional<pplx::task_completion_event<std::size_t>> waiting_;
  std::size_t waiting_size_ = 0;
  Take take_;
  Done done_;
  std::shared_ptr<IncomingBuffer> self_;  // while a worker may come back
};

// What a response is made of.
class OutgoingBuffer : public PlainBuffer {
 public:
  OutgoingBuffer(std::unique_ptr<Source>, WorkerPool& workers);
  // The client went, or the server ends.
  void stop();

 protected:
  pplx::task<std::size_t> _getn(std::uint8_t*, std::size_t) override;

 private:
  struct Asked {
    std::uint8_t* into;
    std::size_t size;
    pplx::task_completion_event<std::size_t> answer;
  };
  std::size_t give(std::uint8_t* into, std::size_t size);
  void refill();
  void work();

  WorkerPool& workers_;
  std::unique_ptr<Source> source_;  // read by one worker at a time
  std::mutex mutex_;
  // The rest is guarded by mutex_.
  std::vector<std::byte> front_, back_;
  std::size_t given_ = 0;  // of front_
  bool back_is_full_ = false, working_ = false, ended_ = false;
  bool failed_ = false;
  std::optional<Asked> asked_;
};

}  // namespace dcmfs::rest
