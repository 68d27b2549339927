#pragma once
// What peers in tests have in common: a thread that listens on loopback and serves one client
// after the other.
#include <functional>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

#include "net/socket.h"

namespace dcmfs::net {

class PeerThread {
 public:
  using Serve = std::function<void(Socket, std::stop_token)>;

  // `serve` is called by the thread: keep this behind what it uses. Port 0 is a free one.
  explicit PeerThread(Serve serve, int port = 0)
      : listening_(*listen_on("127.0.0.1", port)),
        thread_([this, serve = std::move(serve)](std::stop_token stop) { run(serve, stop); }) {}

  int port() const { return port_of(listening_); }

 private:
  void run(const Serve& serve, std::stop_token stop) {
    while (!stop.stop_requested()) {
      pollfd polled{listening_.fd(), POLLIN, 0};
      if (::poll(&polled, 1, 10) <= 0) continue;
      Socket client(::accept4(listening_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
      if (client) serve(std::move(client), stop);
    }
  }

  Socket listening_;
  std::jthread thread_;  // last
};

}  // namespace dcmfs::net
