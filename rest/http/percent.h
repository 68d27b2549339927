#pragma once
// Percent-encoding, RFC 3986 2.1.
#include <optional>
#include <string>
#include <string_view>

namespace dcmfs::rest {

// "%41+b" to "A+b"; nullopt if it is not well formed, not UTF-8, or has a NUL in it.
std::optional<std::string> percent_decoded(std::string_view);
// What may not stand in a URI at all (RFC 3986 2) encoded, the rest as it is: ^ | \ " < > { } and the backtick, bytes of
// UTF-8, and behind the '?' [ and ]. For people and programs that do not encode "DOE^JANE".
// So is the % of a path that no two digits follow: it is that character itself.
std::string with_legal_characters(std::string_view uri);
// The target of a request without all but one of the slashes that it begins with: "//studies" is what clients make of a
// base that ends in a slash, and would be read as the name of a host (RFC 3986 4.2).
std::string_view with_one_slash(std::string_view target);
// All but the unreserved characters.
std::string percent_encoded(std::string_view);

}  // namespace dcmfs::rest
