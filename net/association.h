#pragma once
// One association from its request to its end.
#include <chrono>
#include <string>

#include "net/socket.h"
#include "store/store.h"

namespace dcmfs::net {

struct AssociationOptions {
  std::string aet;
  bool check_called_aet = false;
  std::chrono::seconds timeout{30};
};

// Serves the client of a socket whose A-ASSOCIATE-RQ has arrived, and returns when it is done.
// The answer is what to log, empty if all was in order. May run in many threads.
std::string serve_association(Store&, Socket, const AssociationOptions&);

// A-ASSOCIATE-RJ: transient, by the service provider (presentation), local limit exceeded.
void reject_for_now(Socket);

}  // namespace dcmfs::net
