#pragma once
// WADO-RS (PS3.18 10.4) as a client: what a server answers goes into the store, instance by instance while it
// arrives; memory holds none of it.
#include <functional>
#include <stop_token>
#include <string>

#include "rest/servers/server_call.h"

namespace dcmfs::rest {

struct WebReceived {
  std::int64_t instances = 0, bytes = 0;
  std::int64_t failed = 0;    // that could not be stored
  std::string first_failure;  // why
};
WebReceived operator+(WebReceived, const WebReceived&);

// Durable when it answers. `tell` is called after each instance, by another thread. Errors: those of HttpClient;
// not_found: the server has no such thing; io: it says no, or answers something else.
Result<WebReceived> retrieve_into_store(const Services&, const Peer&, ServerCall, std::stop_token,
                                        const std::function<void(const WebReceived&)>& tell);

}  // namespace dcmfs::rest
