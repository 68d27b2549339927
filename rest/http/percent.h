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
std::string with_legal_characters(std::string_view uri);
// All but the unreserved characters.
std::string percent_encoded(std::string_view);

}  // namespace dcmfs::rest
