#pragma once
// What proves that a file's bytes are those that were stored.
#include <array>
#include <cstdint>

#include "store/result.h"

namespace dcmfs::detail {

struct Digest {
  std::int64_t size = 0;
  std::array<std::uint8_t, 32> sha256{};
  std::uint32_t crc32 = 0;  // of ZIP, which needs it before the bytes
  friend bool operator==(const Digest&, const Digest&) = default;
};

// Of the whole file, read from its start in one pass; the descriptor's position does not move.
Result<Digest> digest(int fd);

}  // namespace dcmfs::detail
