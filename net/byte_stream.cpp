#include "net/byte_stream.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <vector>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

namespace dcmfs::net {
namespace {

constexpr std::size_t kSkipBytes = 16 << 10;
constexpr std::size_t kHeldBytesMax = 32 << 10;

Error failure(int error) {
  if (error == EAGAIN || error == EWOULDBLOCK) {
    return {Errc::timed_out, "the peer was silent"};
  }
  return system_error(error, "the connection to the peer");
}

iovec piece_of(Bytes bytes) {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

void switch_on(int fd, int option) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, option, &on, sizeof on);
}

class TcpStream final : public ByteStream {
 public:
  TcpStream(int fd, std::chrono::seconds timeout) : fd_(fd) {
    limit_time(fd_, timeout);
    send_at_once(fd_);
    acknowledge_at_once(fd_);
  }

  Result<std::size_t> read(std::span<std::byte> into) override {
    ssize_t got;
    do {
      got = ::recv(fd_, into.data(), into.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return failure(errno);
    // The kernel forgets it with every answer. More is waiting if all was filled: no need yet.
    if (static_cast<std::size_t>(got) < into.size()) acknowledge_at_once(fd_);
    return static_cast<std::size_t>(got);
  }

  bool is_readable(std::chrono::milliseconds time) override {
    pollfd polled{fd_, POLLIN, 0};
    return ::poll(&polled, 1, static_cast<int>(time.count())) != 0;  // an error comes up in read()
  }

  // A message of a command and a short data set, or several of them, cost one call of the kernel.
  Result<> write(Bytes first, Bytes second, More more) override {
    if (more == More::no || held_.size() + first.size() + second.size() > kHeldBytesMax) {
      return send(first, second, more);
    }
    held_.insert(held_.end(), first.begin(), first.end());
    held_.insert(held_.end(), second.begin(), second.end());
    return {};
  }

  Result<> write_file(int fd, std::int64_t offset, std::size_t length) override {
    if (!held_.empty()) DCMFS_CHECK(send({}, {}, length > 0 ? More::yes : More::no));
    while (length > 0) {
      const auto sent = ::sendfile(fd_, fd, &offset, length);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return failure(errno);
      if (sent == 0) return Error{Errc::io, "the file is shorter than it was"};
      length -= static_cast<std::size_t>(sent);
    }
    return {};
  }

  void end(Bytes last_words, std::chrono::milliseconds time) override {
    [[maybe_unused]] auto sent =
        ::send(fd_, last_words.data(), last_words.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    await_close(fd_, time);
  }

 private:
  // What is held, then these.
  Result<> send(Bytes first, Bytes second, More more) {
    std::array<iovec, 3> pieces{piece_of(held_), piece_of(first), piece_of(second)};
    std::size_t left = held_.size() + first.size() + second.size();
    while (left > 0) {
      msghdr message{};
      message.msg_iov = pieces.data();
      message.msg_iovlen = pieces.size();
      const auto sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL | (more == More::yes ? MSG_MORE : 0));
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return failure(errno);
      auto done = static_cast<std::size_t>(sent);
      left -= done;
      for (iovec& piece : pieces) {
        const std::size_t of_this = std::min(done, piece.iov_len);
        piece.iov_base = static_cast<std::byte*>(piece.iov_base) + of_this;
        piece.iov_len -= of_this;
        done -= of_this;
      }
    }
    held_.clear();
    return {};
  }

  const int fd_;
  std::vector<std::byte> held_;
};

}  // namespace

void send_at_once(int fd) {
  switch_on(fd, TCP_NODELAY);
}

void acknowledge_at_once(int fd) {
  switch_on(fd, TCP_QUICKACK);
}

void await_close(int fd, std::chrono::milliseconds time) {
  ::shutdown(fd, SHUT_WR);
  const auto deadline = std::chrono::steady_clock::now() + time;
  std::array<std::byte, kSkipBytes> skipped;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    pollfd polled{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&polled, 1, static_cast<int>(left.count())) == 0) return;
    if (::recv(fd, skipped.data(), skipped.size(), MSG_DONTWAIT) <= 0) return;
  }
}

void limit_time(int fd, std::chrono::seconds timeout) {
  const timeval time{.tv_sec = timeout.count(), .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

std::unique_ptr<ByteStream> tcp_stream(int fd, std::chrono::seconds timeout) {
  return std::make_unique<TcpStream>(fd, timeout);
}

Result<> Inbox::fill(std::size_t count, std::chrono::steady_clock::time_point deadline) {
  assert(count <= kBytes);
  while (end_ - begin_ < count) {
    if (begin_ == end_) {
      begin_ = end_ = 0;
    } else if (begin_ + count > kBytes) {
      std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    DCMFS_TRY(const std::size_t got, stream_.read({buffer_.get() + end_, kBytes - end_}));
    if (got == 0) return Error{Errc::io, "the peer closed the connection"};
    end_ += got;
    const bool enough = end_ - begin_ >= count;
    if (!enough && std::chrono::steady_clock::now() > deadline) {
      return Error{Errc::timed_out, "the peer was too slow"};
    }
  }
  return {};
}

}  // namespace dcmfs::net
