#pragma once
// Accepts connections and keeps each in a waiting room until its A-ASSOCIATE-RQ (PS3.8 9.3.2), or
// with TLS its ClientHello (RFC 8446 4.1.2), stands in the socket's buffer, unread: as a whole, but
// for very long ones. So a thread is only spent on a client that has something to say.
#include <chrono>
#include <functional>
#include <stop_token>
#include <vector>

#include "net/socket.h"

namespace dcmfs::net {

// What a client begins with.
enum class Opening : bool { associate_request, client_hello };

class Acceptor {
 public:
  Acceptor(Socket listening, Opening, std::chrono::milliseconds timeout);

  // Until a stop is requested. `each` must not block; if it leaves the socket where it is, there is
  // no room for the client now, and it is asked again in a moment.
  void run(std::stop_token, const std::function<void(Socket&)>& each);

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    Socket socket;
    Clock::time_point deadline;
    std::size_t wanted;  // bytes to wait for: the PDU's header, then what is enough of it
    bool is_ready = false;
  };
  enum class State { incomplete, complete, hopeless };

  bool admit();
  State look(Waiting&) const;

  Socket listening_;
  Opening opening_;
  std::chrono::milliseconds timeout_;
  std::vector<Waiting> waiting_;  // in order of arrival
  bool is_full_ = false;          // nothing more can be accepted for a moment
};

}  // namespace dcmfs::net
