#include "net/tls_stream.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dcmfs::net {
namespace {

using TlsClock = std::chrono::steady_clock;

// A peer that was refused reads why, and closes first.
constexpr std::chrono::milliseconds kReadsAlert{1'000};

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Ssl = std::unique_ptr<SSL, SslFree>;

// Whether the socket is ready before the deadline.
bool await(int fd, short events, TlsClock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - TlsClock::now());
    pollfd polled{fd, events, 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// Of what OpenSSL has just said. The texts are OpenSSL's own, or ours.
Error tls_failure(SSL* ssl, int kind, int system) {
  const auto error = ERR_peek_last_error();
  ERR_clear_error();
  if (kind != SSL_ERROR_SSL) {
    if (system == 0) return {Errc::io, "TLS: the peer closed the connection"};
    return system_error(system, "TLS: the connection to the peer");
  }
  if (ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    return {Errc::denied, std::string("TLS: the peer's certificate is not trusted: ") +
                              X509_verify_cert_error_string(SSL_get_verify_result(ssl))};
  }
  if (ERR_GET_REASON(error) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
    return {Errc::denied, "TLS: the peer has no certificate"};
  }
  const char* reason = ERR_reason_error_string(error);
  const std::string text = reason != nullptr ? reason : "failed";
  // An alert of the peer; OpenSSL's texts of them end with its number.
  if (ERR_GET_REASON(error) >= SSL_AD_REASON_OFFSET) {
    return {Errc::denied, "TLS: the peer refused: " + text};
  }
  return {Errc::denied, "TLS: " + text};
}

class TlsStream final : public ByteStream {
 public:
  TlsStream(Ssl ssl, int fd, std::chrono::seconds timeout)
      : ssl_(std::move(ssl)), fd_(fd), timeout_(timeout) {}

  Result<> shake_hands(TlsClock::time_point deadline) {
    auto done = carry_out(deadline, [this] { return SSL_do_handshake(ssl_.get()); });
    if (!done && done.error().code == Errc::timed_out) {
      return Error{Errc::timed_out, "TLS: the handshake was not finished in time"};
    }
    if (!done) return std::move(done).error();
    if (!*done) return Error{Errc::io, "TLS: the peer closed the connection in the handshake"};
    return {};
  }

  Result<std::size_t> read(std::span<std::byte> into) override {
    std::size_t got = 0;
    DCMFS_TRY(const bool is_open, carry_out(TlsClock::now() + timeout_, [&] {
                return SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
              }));
    acknowledge_at_once(fd_);
    return is_open ? got : 0;
  }

  // A record can be there in part, or can be one of TLS's own: only trying tells.
  bool is_readable(std::chrono::milliseconds time) override {
    if (SSL_pending(ssl_.get()) > 0 || broken_) return true;
    std::byte one;
    std::size_t got = 0;
    const auto looked = carry_out(
        TlsClock::now() + time, [&] { return SSL_peek_ex(ssl_.get(), &one, 1, &got); },
        Late::is_no_error);
    return looked || looked.error().code != Errc::timed_out;  // an error comes up in read()
  }

  Result<> write(Bytes first, Bytes second, More more) override {
    DCMFS_CHECK(add(first));
    DCMFS_CHECK(add(second));
    return more == More::yes ? Result<>() : flush();
  }

  Result<> write_file(int fd, std::int64_t offset, std::size_t length) override {
    while (length > 0) {
      if (filled_ == record_.size()) DCMFS_CHECK(flush());
      const auto room = std::min(length, record_.size() - filled_);
      const auto got = ::pread(fd, record_.data() + filled_, room, offset);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return system_error(errno, "the file");
      if (got == 0) return Error{Errc::io, "the file is shorter than it was"};
      filled_ += static_cast<std::size_t>(got);
      offset += got;
      length -= static_cast<std::size_t>(got);
    }
    return flush();
  }

  void end(Bytes last_words, std::chrono::milliseconds time) override {
    if (!broken_ && !has_ended_) {
      std::size_t written = 0;
      if (!last_words.empty()) {
        SSL_write_ex(ssl_.get(), last_words.data(), last_words.size(), &written);
      }
      SSL_shutdown(ssl_.get());  // RFC 8446 6.1: close_notify; the peer's own is not waited for
      ERR_clear_error();
    }
    has_ended_ = true;
    await_close(fd_, time);
  }

 private:
  enum class Late : bool { is_an_error, is_no_error };

  // Tries until it is done or the deadline is over. False: the peer has ended the connection.
  template <class Try>
  Result<bool> carry_out(TlsClock::time_point deadline, const Try& attempt,
                         Late late = Late::is_an_error) {
    if (broken_) return *broken_;
    for (;;) {
      ERR_clear_error();
      errno = 0;
      const int done = attempt();
      const int system = errno;
      if (done == 1) return true;
      const int kind = SSL_get_error(ssl_.get(), done);
      if (kind == SSL_ERROR_ZERO_RETURN) return false;
      if (kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE) {
        broken_ = tls_failure(ssl_.get(), kind, system);
        return *broken_;
      }
      // Also of a peer that sends its bytes one by one.
      if (!await(fd_, kind == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline)) {
        Error silent{Errc::timed_out, "the peer was silent"};
        // A record of which a part is sent must be ended before anything else.
        if (late == Late::is_an_error && kind == SSL_ERROR_WANT_WRITE) broken_ = silent;
        return silent;
      }
    }
  }

  Result<> add(Bytes bytes) {
    while (!bytes.empty()) {
      if (filled_ == record_.size()) DCMFS_CHECK(flush());
      const auto count = std::min(bytes.size(), record_.size() - filled_);
      std::memcpy(record_.data() + filled_, bytes.data(), count);
      filled_ += count;
      bytes = bytes.subspan(count);
    }
    return {};
  }

  Result<> flush() {
    const std::size_t size = std::exchange(filled_, 0);
    if (size == 0) return {};
    std::size_t written = 0;
    DCMFS_TRY(const bool is_open, carry_out(TlsClock::now() + timeout_, [&] {
                return SSL_write_ex(ssl_.get(), record_.data(), size, &written);
              }));
    if (!is_open) return Error{Errc::io, "the peer closed the connection"};
    return {};
  }

  const Ssl ssl_;
  const int fd_;
  const std::chrono::seconds timeout_;
  std::optional<Error> broken_;  // by which OpenSSL may not be asked for anything any more
  bool has_ended_ = false;
  std::size_t filled_ = 0;
  std::array<std::byte, SSL3_RT_MAX_PLAIN_LENGTH> record_;  // the one to be sent next
};

}  // namespace

Result<std::unique_ptr<ByteStream>> tls_handshake(SSL_CTX* context, TlsRole role, int fd,
                                                  std::chrono::seconds timeout,
                                                  TlsClock::time_point deadline) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  send_at_once(fd);
  acknowledge_at_once(fd);
  Ssl ssl(SSL_new(context));
  if (!ssl || SSL_set_fd(ssl.get(), fd) != 1) return Error{Errc::io, "TLS: out of memory"};
  if (role == TlsRole::server) {
    SSL_set_accept_state(ssl.get());
  } else {
    SSL_set_connect_state(ssl.get());
  }
  auto stream = std::make_unique<TlsStream>(std::move(ssl), fd, timeout);
  if (auto done = stream->shake_hands(deadline); !done) {
    if (done.error().code == Errc::denied) await_close(fd, kReadsAlert);
    return std::move(done).error();
  }
  return std::unique_ptr<ByteStream>(std::move(stream));
}

}  // namespace dcmfs::net
