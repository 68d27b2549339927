#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace dcmfs::rest {

// Two digits for each byte, in lower case.
std::string hexadecimal(std::span<const std::uint8_t>);
// The 128 bits of a UUID as its text (RFC 9562 4), in lower case.
std::string uuid_text(std::uint64_t high, std::uint64_t low);

}  // namespace dcmfs::rest
