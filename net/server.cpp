#include "net/server.h"

#include <atomic>
#include <list>
#include <mutex>
#include <thread>

#include <sys/socket.h>
#include <unistd.h>

#include "net/acceptor.h"
#include "net/association.h"
#include "net/commitments.h"
#include "net/session.h"

namespace dcmfs::net {

struct Server::Parts {
  struct Running {
    Socket wire;  // a second descriptor of the connection, to end it from outside; guarded
    std::atomic<bool> finished = false;
    std::jthread thread;
  };

  Store& store;
  Options options;
  Worklists worklists;
  Commitments commitments;
  int port = 0;
  std::list<Running> running;  // touched by the accepting thread alone, but for `wire`
  std::mutex mutex;            // guards each wire
  std::jthread reporting, accepting;

  Parts(Store& s, Options o)
      : store(s),
        options(std::move(o)),
        worklists(s.root() / "worklists"),
        commitments(store, options) {}

  // Called by the accepting thread for each client that has asked for an association.
  void start(Socket socket) {
    running.remove_if([](const Running& r) { return r.finished.load(); });
    if (running.size() >= static_cast<std::size_t>(options.associations_max)) {
      reject_for_now(std::move(socket));
      options.log("association rejected: all are in use (DicomThreadsCount)");
      return;
    }
    Running& mine = running.emplace_back();
    mine.wire = Socket(::dup(socket.fd()));
    mine.thread = std::jthread([this, &mine, client = std::move(socket)]() mutable {
      const auto why = serve_client({store, options, worklists, commitments}, std::move(client));
      if (!why.empty()) options.log(why);
      {
        const std::lock_guard lock(mutex);
        const Socket gone = std::move(mine.wire);
      }
      mine.finished = true;
    });
  }

  void accept_until(std::stop_token stop, Socket listening) {
    Acceptor acceptor(std::move(listening), options.artim);
    acceptor.run(stop, [this](Socket socket) { start(std::move(socket)); });
    {
      const std::lock_guard lock(mutex);
      for (const Running& r : running) {
        if (r.wire) ::shutdown(r.wire.fd(), SHUT_RDWR);
      }
    }
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
