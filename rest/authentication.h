#pragma once
// HTTP Basic authentication, RFC 7617.
#include <map>
#include <string>
#include <string_view>

namespace dcmfs::rest {

using Users = std::map<std::string, std::string>;  // name to password

// Whether the Authorization header is that of one of the users.
bool is_user(const Users&, std::string_view authorization);

}  // namespace dcmfs::rest
