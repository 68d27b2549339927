#pragma once
// A hash that is the same on every start: FNV-1a. Not for adversaries.
#include <cstdint>
#include <string_view>

namespace dcmfs::fs {

constexpr std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return h;
}

}  // namespace dcmfs::fs
