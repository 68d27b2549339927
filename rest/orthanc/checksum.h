#pragma once
// Checksums: MD5, as Orthanc's API tells it of files and texts, and SHA-256, as the store keeps it.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "store/blob.h"

namespace dcmfs::rest {

// 32 hexadecimal digits.
std::string md5_of_text(std::string_view);
// Both read all of it. io.
Result<std::string> md5_of(const Blob&);
Result<std::array<std::uint8_t, 32>> sha256_of(const Blob&);

}  // namespace dcmfs::rest
