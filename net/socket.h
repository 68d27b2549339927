#pragma once
// A socket that is closed with its owner.
#include <chrono>
#include <stop_token>
#include <string>
#include <utility>

#include "store/result.h"

namespace dcmfs::net {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(other.release()) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket();

  int fd() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// A socket that listens on a host and port; port 0 is a free one. busy: the port is taken.
Result<Socket> listen_on(const std::string& host, int port);
int port_of(const Socket&);

// Errors: not_found (no such host, or no way to it), io (nobody listens there), timed_out,
// cancelled.
Result<Socket> connect_to(const std::string& host, int port, std::chrono::seconds timeout,
                          std::stop_token = {});
// Numeric; "" if it is not connected.
std::string peer_address_of(const Socket&);
// Whether a host, by name or address, has this numeric address. Asks a name server where it must.
bool is_address_of(const std::string& host, const std::string& address);

}  // namespace dcmfs::net
