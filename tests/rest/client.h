#pragma once
// An HTTP client made of bytes.
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dcmfs::rest {

inline sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Listens on some port and answers nobody.
class OtherProgram {
 public:
  OtherProgram() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    ::bind(fd_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(fd_, 1);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  OtherProgram(const OtherProgram&) = delete;
  OtherProgram& operator=(const OtherProgram&) = delete;
  ~OtherProgram() { ::close(fd_); }
  int port() const { return port_; }

 private:
  int fd_;
  int port_ = 0;
};

// Free when asked: cpprest cannot tell which one it got if it is given 0.
inline int free_port() {
  return OtherProgram().port();
}

class Client {
 public:
  explicit Client(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in address = loopback(port);
    [[maybe_unused]] auto done =
        ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { ::close(fd_); }

  void send(std::string_view bytes) {
    [[maybe_unused]] auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  // Until the server closes.
  std::string receive_all() {
    std::string all;
    while (receive_some(all)) {
    }
    return all;
  }
  // One answer of a connection that is kept.
  std::string receive_one() {
    std::string all;
    const std::string_view key = "Content-Length: ";
    for (;;) {
      const auto end = all.find("\r\n\r\n");
      const auto length = all.find(key);
      if (end != all.npos && length < end &&
          all.size() >= end + 4 + std::stoul(all.substr(length + key.size())))
        return all;
      if (!receive_some(all)) return all;
    }
  }
  // What comes first.
  std::string receive_first() {
    std::string some;
    receive_some(some);
    return some;
  }
  std::string ask(std::string_view request) {
    send(request);
    ::shutdown(fd_, SHUT_WR);
    return receive_all();
  }

 private:
  bool receive_some(std::string& all) {
    char buffer[4096];
    pollfd polled{fd_, POLLIN, 0};
    if (::poll(&polled, 1, 5000) <= 0) return false;
    const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    all.append(buffer, static_cast<std::size_t>(n));
    return true;
  }

  int fd_;
};

}  // namespace dcmfs::rest
