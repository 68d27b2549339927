#pragma once
// The DICOM node: listens for associations and serves them, each in its thread.
//
// A client that connects and says nothing, or nonsense, costs no thread: see acceptor.h.
// More associations than allowed are rejected as "local limit exceeded" (PS3.8 9.3.4).
#include <memory>

#include "net/options.h"
#include "store/store.h"

namespace dcmfs::net {

class Server {
 public:
  // busy: somebody else listens there. The store must outlive the server.
  static Result<std::unique_ptr<Server>> start(Store&, Options);
  // Ends the associations that are open.
  ~Server();

  int port() const;

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace dcmfs::net
