#pragma once
// A hash that is the same on every start and machine, so that it may be kept: FNV-1a, 64 bits. Not for
// adversaries.
#include <cstdint>
#include <span>
#include <string_view>

namespace dcmfs {

inline constexpr std::uint64_t kHashOfNothing = 0xcbf29ce484222325;

// Of bytes behind others: with the hash of those as `before`.
constexpr std::uint64_t stable_hash(std::span<const std::uint8_t> bytes,
                                    std::uint64_t before = kHashOfNothing) {
  for (const std::uint8_t byte : bytes) before = (before ^ byte) * 0x100000001b3;
  return before;
}
constexpr std::uint64_t stable_hash(std::string_view text, std::uint64_t before = kHashOfNothing) {
  for (const char c : text) before = (before ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return before;
}

}  // namespace dcmfs
