#pragma once
#include <cstdint>

namespace dcmfs {

// Of numbers that are not negative.
constexpr std::int64_t divided_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

}  // namespace dcmfs
