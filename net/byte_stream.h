#pragma once
// The bytes that an association runs on, and what has arrived of them. Private to this room.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "net/socket.h"
#include "store/result.h"

namespace dcmfs::net {

using Bytes = std::span<const std::byte>;

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Waits for bytes: at least one, at most as many as fit. None: the peer has closed its end.
  // Errors: timed_out, io.
  virtual Result<std::size_t> read(std::span<std::byte> into) = 0;
  // Whether read() would not wait, within that time.
  virtual bool is_readable(std::chrono::milliseconds) = 0;

  // yes: it may wait for what follows, which must not wait for the peer.
  enum class More : bool { no, yes };
  virtual Result<> write(Bytes first, Bytes second, More) = 0;
  // Errors: io also if the file ends before.
  virtual Result<> write_file(int fd, std::int64_t offset, std::size_t length) = 0;
  // Says this if it can be said at once, and waits until the peer closes its end: closing before
  // would drop what was said, if anything is left unread.
  virtual void end(Bytes last_words, std::chrono::milliseconds) = 0;
};

// -- what both kinds of streams do with their socket
void send_at_once(int fd);         // without Nagle's algorithm
void acknowledge_at_once(int fd);  // until the next answer
// Ends our direction, and waits until the peer ends its own; what it still sends is dropped.
void await_close(int fd, std::chrono::milliseconds);

// Of each operation on a socket.
void limit_time(int fd, std::chrono::seconds);

// Sends at once (without Nagle's algorithm), and acknowledges at once what it reads: a peer that
// uses that algorithm would else wait 40 ms in each message. `timeout` is for each operation.
std::unique_ptr<ByteStream> tcp_stream(int fd,
                                       std::chrono::seconds timeout);  // fd stays the caller's

// What has arrived and is not taken yet.
class Inbox {
 public:
  static constexpr std::size_t kBytes = 192 << 10;

  explicit Inbox(ByteStream& stream)
      : stream_(stream), buffer_(std::make_unique_for_overwrite<std::byte[]>(kBytes)) {}

  Bytes waiting() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void take(std::size_t count) { begin_ += count; }
  // Waits until that many are waiting, at most kBytes. timed_out also if they come in dribs and
  // drabs for longer than that. io: the peer is gone.
  Result<> fill(std::size_t count, std::chrono::steady_clock::time_point deadline);
  bool has_arrived(std::chrono::milliseconds within = {}) {
    return !waiting().empty() || stream_.is_readable(within);
  }

 private:
  ByteStream& stream_;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t begin_ = 0, end_ = 0;
};

}  // namespace dcmfs::net
