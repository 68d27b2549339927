#include "net/server.h"

#include <atomic>
#include <chrono>
#include <list>
#include <mutex>
#include <stop_token>
#include <thread>

#include <sys/socket.h>
#include <unistd.h>

#include "net/acceptor.h"
#include "net/association.h"
#include "net/commitments.h"
#include "net/session.h"
#include "store/guarded.h"

namespace dcmfs::net {

namespace {

// With TLS: clients whose handshake is under way, or that have not asked for an association since.
// They are in no association yet and keep nobody out of one; if more come, who has had its chance
// goes.
constexpr std::size_t kOpeningMax = 16;

}  // namespace

struct Server::Parts {
  struct Running {
    Socket wire;  // a second descriptor of the connection, to end it from outside; guarded
    const std::chrono::steady_clock::time_point since = std::chrono::steady_clock::now();
    bool is_opening = false;  // guarded
    std::atomic<bool> finished = false;
    std::jthread thread;
  };

  Store& store;
  Options options;
  Worklists worklists;
  Commitments commitments;
  int port = 0;
  std::list<Running> running;  // touched by the accepting thread alone, but for what is guarded
  std::mutex mutex;            // guards wire and is_opening of each, and serving
  int serving = 0;             // associations
  std::stop_source stopping;   // those that they have requested
  std::jthread reporting, accepting;

  Parts(Store& s, Options o)
      : store(s),
        options(std::move(o)),
        worklists(s.root() / "worklists"),
        commitments(store, options) {}

  // Called by the accepting thread for each client that has something to say. Leaves the socket
  // where it is if the client is to wait.
  void start(Socket& socket) {
    running.remove_if([](const Running& r) { return r.finished.load(); });
    if (options.tls) {
      if (!has_room_to_open()) return;
    } else if (!has_room()) {
      reject_for_now(std::move(socket));
      options.log(kAllInUse);
      return;
    }
    Running& mine = running.emplace_back();
    mine.wire = Socket(::dup(socket.fd()));
    mine.is_opening = true;
    const auto started = guarded([&] {
      mine.thread = std::jthread(
          [this, &mine, client = std::move(socket)]() mutable { serve(mine, std::move(client)); });
    });
    if (!started) running.pop_back();
  }

  void serve(Running& mine, Socket client) {
    bool is_served = false;
    (void)guarded([&] {
      const auto why = serve_client({store, options, worklists, commitments, stopping.get_token()},
                                    std::move(client), [&] { return is_served = admit(mine); });
      if (!why.empty()) options.log(why);
    });
    {
      const std::lock_guard lock(mutex);
      const Socket gone = std::move(mine.wire);
      mine.is_opening = false;
      if (is_served) --serving;
    }
    mine.finished = true;
  }

  // Whether all that are open leave room for one more association.
  bool has_room() {
    const std::lock_guard lock(mutex);
    return running.size() < static_cast<std::size_t>(options.associations_max);
  }

  bool has_room_to_open() {
    const std::lock_guard lock(mutex);
    std::size_t opening = 0;
    const Running* longest = nullptr;
    for (const Running& r : running) {
      if (!r.is_opening || !r.wire) continue;
      if (opening++ == 0) longest = &r;
    }
    if (opening < kOpeningMax) return true;
    if (std::chrono::steady_clock::now() - longest->since > options.opening_min) {
      ::shutdown(longest->wire.fd(), SHUT_RDWR);
    }
    return false;
  }

  // Called by the thread of a client that has asked for an association.
  bool admit(Running& mine) {
    const std::lock_guard lock(mutex);
    if (serving >= options.associations_max) return false;
    mine.is_opening = false;
    ++serving;
    return true;
  }

  void accept_until(std::stop_token stop, Socket listening) {
    const auto opening = options.tls ? Opening::client_hello : Opening::associate_request;
    Acceptor acceptor(std::move(listening), opening, options.artim);
    // Without memory or threads it is this client who is turned away.
    acceptor.run(stop, [this](Socket& socket) { (void)guarded([&] { start(socket); }); });
    {
      const std::lock_guard lock(mutex);
      for (const Running& r : running) {
        if (r.wire) ::shutdown(r.wire.fd(), SHUT_RDWR);
      }
    }
    stopping.request_stop();
    running.clear();
  }
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(Store& store, Options options) {
  DCMFS_TRY(auto listening, listen_on(options.host, options.port));
  auto parts = std::make_unique<Parts>(store, std::move(options));
  DCMFS_CHECK(parts->commitments.load());
  parts->port = port_of(listening);
  parts->reporting =
      std::jthread([p = parts.get()](std::stop_token stop) { p->commitments.run(stop); });
  parts->accepting =
      std::jthread([p = parts.get(), socket = std::move(listening)](std::stop_token stop) mutable {
        p->accept_until(stop, std::move(socket));
      });
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

int Server::port() const {
  return parts_->port;
}

}  // namespace dcmfs::net
