#pragma once
// Words of 16 bits, little endian, as text of bytes.
#include <string>
#include <vector>

namespace dcmfs {

inline std::string words(const std::vector<int>& values) {
  std::string out;
  for (const int value : values) {
    out += static_cast<char>(value);
    out += static_cast<char>(value >> 8);
  }
  return out;
}

}  // namespace dcmfs
