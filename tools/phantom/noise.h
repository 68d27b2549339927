#pragma once
// Randomness that is the same on every run: a stream of numbers for a key. Keys
// are made of the seed and of what the numbers are for, so every object can be
// made alone, in any order, on any thread.
#include <cmath>
#include <cstdint>
#include <string_view>

namespace dcmfs::phantom {

// The finaliser of splitmix64: every bit of the answer depends on every bit of `n`.
constexpr std::uint64_t mix(std::uint64_t n) {
  n += 0x9e3779b97f4a7c15;
  n = (n ^ n >> 30) * 0xbf58476d1ce4e5b9;
  n = (n ^ n >> 27) * 0x94d049bb133111eb;
  return n ^ n >> 31;
}

constexpr std::uint64_t key_of(std::uint64_t parent, std::string_view what) {
  std::uint64_t key = mix(parent);
  for (const char c : what) key = mix(key ^ static_cast<unsigned char>(c));
  return key;
}

class Noise {
 public:
  explicit constexpr Noise(std::uint64_t key) : state_(key) {}

  constexpr std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    return mix(state_);
  }
  // [low, high)
  constexpr double uniform(double low = 0, double high = 1) {
    return low + (high - low) * static_cast<double>(next() >> 11) * 0x1p-53;
  }
  // Mean 0, deviation 1; the sum of four uniform numbers is near enough for an image.
  constexpr double normal() {
    const std::uint64_t n = next();
    const auto sum = static_cast<std::int64_t>((n & 0xffff) + (n >> 16 & 0xffff) +
                                               (n >> 32 & 0xffff) + (n >> 48));
    return static_cast<double>(sum - 131070) * (1.0 / 37837.0);
  }

 private:
  std::uint64_t state_;
};

}  // namespace dcmfs::phantom
