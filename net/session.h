#pragma once
// The node's side of one association that a client asked for, from its request to its end.
#include <functional>
#include <string>
#include <string_view>

#include "net/service.h"
#include "net/socket.h"

namespace dcmfs::net {

inline constexpr std::string_view kAllInUse =
    "association rejected: all are in use (DicomThreadsCount)";

// Serves the client of a socket whose A-ASSOCIATE-RQ, or ClientHello, has arrived, and returns when
// it is done. Once its request is there, `admit` says whether there is room for one more
// association. The answer is what to log, empty if all was in order. May run in many threads.
std::string serve_client(const Node&, Socket, const std::function<bool()>& admit);

}  // namespace dcmfs::net
