#pragma once
// The REST server. See README.md for how to add a route.
//
// Plain HTTP: TLS, time-outs and exposure to a network are for a reverse proxy in front.
#include <cstddef>
#include <memory>
#include <string>

#include "rest/authentication.h"
#include "rest/facts.h"
#include "store/store.h"

namespace dcmfs::rest {

struct Options {
  std::string host = "127.0.0.1";
  int port = 8042;
  std::size_t threads = 8;
  bool authenticate = false;
  Users users{};
  Facts facts{};
};

class Server {
 public:
  // busy: somebody else listens there. The store must outlive the server.
  static Result<std::unique_ptr<Server>> start(Store&, Options);
  // Answers what is under way, then closes.
  ~Server();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace dcmfs::rest
