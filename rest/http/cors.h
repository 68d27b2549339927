#pragma once
// Which web pages of other origins may call this server: the CORS protocol of the Fetch standard.
#include <string>
#include <string_view>
#include <vector>

#include "rest/http/message.h"

namespace dcmfs::rest {

// Nothing is added where the origin is not listed.
void add_cors(const std::vector<std::string>& origins, const Headers& request, Response&);
void add_preflight(const std::vector<std::string>& origins, const Headers& request,
                   std::string_view methods, Response&);

// Whether a web page of another site, which is not listed, made a browser send this: with the
// password that the browser remembers, or with the rights of this machine.
bool comes_from_a_stranger(const std::vector<std::string>& origins, const Headers& request);

}  // namespace dcmfs::rest
