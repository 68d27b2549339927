#pragma once
// The node's side of one association that a client asked for, from its request to its end.
#include <string>

#include "net/service.h"
#include "net/socket.h"

namespace dcmfs::net {

// Serves the client of a socket whose A-ASSOCIATE-RQ has arrived, and returns when it is done.
// The answer is what to log, empty if all was in order. May run in many threads.
std::string serve_client(const Node&, Socket);

}  // namespace dcmfs::net
