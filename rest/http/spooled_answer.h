#pragma once
// An answer whose length nobody knows, for a client that must be told: HTTP/1.0 has no chunks (RFC 9112 6.1).
#include "rest/http/message.h"
#include "store/store.h"

namespace dcmfs::rest {

// The same, by way of the spool where it has no length yet. What has no end stays what it is. May block.
Result<Response> with_length(Store&, Response);

}  // namespace dcmfs::rest
