#include "net/acceptor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/pdv.h"

namespace dcmfs::net {
namespace {

constexpr std::size_t kWaitingMax = 128;
// Of a longer request, the rest is on its way when so much is there; and the buffer has an end.
constexpr std::size_t kPlentyBytes = 32 << 10;
constexpr std::byte kAssociateRequest{0x01};
// RFC 8446 5.1 and 4: a record of the handshake, in it a ClientHello. Longer ones go on in the next
// record.
constexpr std::byte kHandshakeRecord{22}, kTlsMajor{3}, kClientHello{1};
constexpr std::size_t kRecordHeaderBytes = 5, kRecordBytesMax = 1 << 14;
constexpr int kAdmittedAtOnce = 32;
constexpr int kSweepMs = 100, kAskAgainMs = 10;

// PS3.8 9.2.1, AA-1 in Sta2: what is not a request is answered by A-ABORT (service-user source).
void abort_connection(const Socket& socket) {
  constexpr std::array<std::uint8_t, 10> kAbort{0x07, 0, 0, 0, 0, 4, 0, 0, 0, 0};
  [[maybe_unused]] auto sent = ::send(socket.fd(), kAbort.data(), kAbort.size(), MSG_NOSIGNAL);
}

// poll() then stays silent until that many bytes are there (or the peer is gone).
void wake_at(const Socket& socket, std::size_t bytes) {
  const int low = static_cast<int>(bytes);
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVLOWAT, &low, sizeof low);
}

// The length of what these bytes begin, themselves counted; nullopt: it is nothing of the kind.
using Header = std::array<std::byte, kPduHeaderBytes>;

std::optional<std::size_t> request_bytes(const Header& header) {
  const std::size_t length = length_of_pdu(header);
  if (header[0] != kAssociateRequest || length > kRequestBytesMax) return std::nullopt;
  return kPduHeaderBytes + length;
}

std::optional<std::size_t> hello_bytes(const Header& header) {
  const auto length =
      std::to_integer<std::size_t>(header[3]) << 8 | std::to_integer<std::size_t>(header[4]);
  if (header[0] != kHandshakeRecord || header[1] != kTlsMajor || header[5] != kClientHello ||
      length == 0 || length > kRecordBytesMax) {
    return std::nullopt;
  }
  return kRecordHeaderBytes + length;
}

}  // namespace

Acceptor::Acceptor(Socket listening, Opening opening, std::chrono::milliseconds timeout)
    : listening_(std::move(listening)), opening_(opening), timeout_(timeout) {}

bool Acceptor::admit() {
  Socket socket(::accept4(listening_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!socket) {
    // Out of descriptors or memory: poll() would not wait until there are some again.
    is_full_ = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
    if (is_full_ && !waiting_.empty()) waiting_.erase(waiting_.begin());
    return false;
  }
  const int on = 1;
  // Nagle and delayed acknowledgement together cost 40 ms per message.
  ::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  wake_at(socket, kPduHeaderBytes);
  if (waiting_.size() >= kWaitingMax) waiting_.erase(waiting_.begin());
  waiting_.push_back({std::move(socket), Clock::now() + timeout_, kPduHeaderBytes});
  return true;
}

Acceptor::State Acceptor::look(Waiting& waiting) const {
  Header header{};
  const int fd = waiting.socket.fd();
  const auto peeked = ::recv(fd, header.data(), header.size(), MSG_PEEK | MSG_DONTWAIT);
  if (peeked <= 0) return State::hopeless;
  const auto bytes =
      opening_ == Opening::client_hello ? hello_bytes(header) : request_bytes(header);
  if (!bytes) {
    // Also without TLS to who expects TLS: a DICOM client understands that.
    abort_connection(waiting.socket);
    return State::hopeless;
  }
  int available = 0;
  if (::ioctl(fd, FIONREAD, &available) != 0) return State::hopeless;
  // poll() woke us with fewer bytes than asked for: no more will come.
  if (static_cast<std::size_t>(available) < waiting.wanted) return State::hopeless;

  const std::size_t enough = std::min(*bytes, kPlentyBytes);
  if (static_cast<std::size_t>(available) < enough) {
    waiting.wanted = enough;
    wake_at(waiting.socket, enough);
    return State::incomplete;
  }
  wake_at(waiting.socket, 1);
  waiting.is_ready = true;
  return State::complete;
}

void Acceptor::run(std::stop_token stop, const std::function<void(Socket&)>& each) {
  const Socket wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const std::stop_callback on_stop(stop, [&] { ::eventfd_write(wake.fd(), 1); });

  std::vector<pollfd> polled;
  while (!stop.stop_requested()) {
    const short listens = is_full_ ? 0 : POLLIN;
    polled.assign({{wake.fd(), POLLIN, 0}, {listening_.fd(), listens, 0}});
    const std::size_t first = polled.size();
    bool asks_again = false;
    for (const Waiting& waiting : waiting_) {
      const short events = waiting.is_ready ? 0 : POLLIN;
      polled.push_back({waiting.socket.fd(), events, 0});
      asks_again |= waiting.is_ready;
    }
    const bool sweeps = is_full_ || !waiting_.empty();
    const int wait_ms = asks_again ? kAskAgainMs : sweeps ? kSweepMs : -1;
    if (::poll(polled.data(), polled.size(), wait_ms) < 0) continue;
    is_full_ = false;

    const auto now = Clock::now();
    std::vector<Waiting> still;
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      Waiting& waiting = waiting_[i];
      const bool has_news = polled[first + i].revents != 0;
      State state = waiting.is_ready ? State::complete : State::incomplete;
      if (has_news) state = waiting.is_ready ? State::hopeless : look(waiting);
      if (state == State::complete) each(waiting.socket);
      if (state == State::hopeless || !waiting.socket) continue;
      if (waiting.deadline > now) still.push_back(std::move(waiting));
    }
    waiting_ = std::move(still);
    // Many, so that the kernel's queue does not overflow; not for ever, so that who waits is
    // served.
    for (int i = 0; polled[1].revents != 0 && i < kAdmittedAtOnce; ++i) {
      if (!admit()) break;
    }
  }
  waiting_.clear();
}

}  // namespace dcmfs::net
