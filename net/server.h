#pragma once
// The DICOM node: listens for associations and serves them, each in its thread.
//
// A client that connects and says nothing, or nonsense, costs no thread: see acceptor.h.
// More associations than allowed are rejected as "local limit exceeded" (PS3.8 9.3.4).
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "store/store.h"

namespace dcmfs::net {

struct Options {
  std::string host = "127.0.0.1";
  int port = 0;  // 0: a free one
  std::string aet = "DCMFS";
  bool check_called_aet = false;
  int associations_max = 32;
  std::chrono::seconds timeout{30};  // of a peer that says nothing
  // Told one line of what the administrator may want to know. Called from any thread.
  std::function<void(std::string_view)> log = [](std::string_view) {};
};

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
