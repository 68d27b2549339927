#include "net/socket.h"

#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dcmfs::net {
namespace {

constexpr int kBacklog = 1024;
constexpr int kLookForStopMs = 100;

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<AddressList> look_up(const std::string& host, int port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  if (const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list)) {
    return Error{Errc::invalid_argument, host + ": " + ::gai_strerror(failed)};
  }
  return AddressList(list, ::freeaddrinfo);
}

std::string name_of_place(const std::string& host, int port) {
  return host + " port " + std::to_string(port);
}

Error connect_error(int error, const std::string& where) {
  const bool no_way = error == EHOSTUNREACH || error == ENETUNREACH || error == EHOSTDOWN ||
                      error == ENETDOWN || error == EADDRNOTAVAIL;
  if (error == ETIMEDOUT) return {Errc::timed_out, where + " does not answer"};
  return {no_way ? Errc::not_found : Errc::io,
          where + ": " + std::generic_category().message(error)};
}

// The socket blocks again afterwards.
Result<Socket> connect_to(const addrinfo& address, std::chrono::seconds timeout,
                          const std::string& where, const std::stop_token& stop) {
  Socket socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return system_error(errno, where);
  if (::connect(socket.fd(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return connect_error(errno, where);
    pollfd polled{socket.fd(), POLLOUT, 0};
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (::poll(&polled, 1, kLookForStopMs) <= 0) {
      if (stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
      if (deadline < std::chrono::steady_clock::now()) {
        return Error{Errc::timed_out, where + " does not answer"};
      }
    }
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return connect_error(error, where);
  }
  ::fcntl(socket.fd(), F_SETFL, ::fcntl(socket.fd(), F_GETFL) & ~O_NONBLOCK);
  return socket;
}

// An IPv4 peer of a socket for both protocols has an IPv6 address (RFC 4291 2.5.5.2).
std::string_view plain(std::string_view address) {
  constexpr std::string_view kMapped = "::ffff:";
  return address.starts_with(kMapped) ? address.substr(kMapped.size()) : address;
}

// "" if it cannot be told.
std::string numeric(const sockaddr* address, socklen_t size) {
  char host[NI_MAXHOST];
  if (::getnameinfo(address, size, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0) return {};
  return host;
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Socket> listen_on(const std::string& host, int port) {
  const std::string where = name_of_place(host, port);
  DCMFS_TRY(const AddressList list, look_up(host, port, AI_PASSIVE));

  Socket socket(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return system_error(errno, where);
  const int on = 1;
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(socket.fd(), list->ai_addr, list->ai_addrlen) != 0 ||
      ::listen(socket.fd(), kBacklog) != 0) {
    if (errno == EADDRINUSE) return Error{Errc::busy, where + " is in use by another program"};
    return system_error(errno, where);
  }
  return socket;
}

int port_of(const Socket& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

Result<Socket> connect_to(const std::string& host, int port, std::chrono::seconds timeout,
                          std::stop_token stop) {
  const std::string where = name_of_place(host, port);
  auto list = look_up(host, port, 0);
  if (!list) return Error{Errc::not_found, std::move(list).error().message};
  Error last{Errc::io, where};
  for (const addrinfo* address = list->get(); address != nullptr; address = address->ai_next) {
    auto connected = connect_to(*address, timeout, where, stop);
    if (connected) return connected;
    last = std::move(connected).error();
  }
  return last;
}

std::string peer_address_of(const Socket& socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::getpeername(socket.fd(), generic, &size) != 0) return {};
  return numeric(generic, size);
}

bool is_address_of(const std::string& host, const std::string& address) {
  if (address.empty()) return false;
  if (plain(host) == plain(address)) return true;
  const auto list = look_up(host, 0, 0);
  if (!list) return false;
  for (const addrinfo* each = list->get(); each != nullptr; each = each->ai_next) {
    if (plain(numeric(each->ai_addr, each->ai_addrlen)) == plain(address)) return true;
  }
  return false;
}

}  // namespace dcmfs::net
