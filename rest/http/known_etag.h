#pragma once
// Whether a client has an answer already (RFC 9110 13.1), or wants no other.
#include <string_view>

#include "rest/http/message.h"

namespace dcmfs::rest {

// Whether If-None-Match names it, by weak comparison; "*" names all.
bool names_etag(std::string_view if_none_match, std::string_view etag);

// Whether If-Match names it (13.1.1), by strong comparison: "*" names whatever there is.
bool matches_etag(std::string_view if_match, std::string_view etag, bool etag_is_weak);

// For handlers whose answer costs work, once they know its ETag: if the client has it, a response
// with the ETag and any body is enough, and becomes a 304. Not by "*", which says nothing of what this
// server has made before.
bool client_has(const Request&, std::string_view etag);

}  // namespace dcmfs::rest
