#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace dcmfs::rest {

// Two digits for each byte, in lower case.
std::string hexadecimal(std::span<const std::uint8_t>);

}  // namespace dcmfs::rest
