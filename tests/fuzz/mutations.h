#pragma once
// A numbered series of damaged files: number n of a seed is always the same, in every program.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/fuzz/mutator.h"

namespace dcmfs::fuzz {

class Mutations {
 public:
  // Of good_files().
  explicit Mutations(std::uint64_t seed);

  std::uint64_t seed() const { return seed_; }
  // From any thread.
  std::string operator[](std::size_t n) const;

 private:
  std::uint64_t seed_;
  std::vector<Pieces> files_;
};

// $DCMFS_FUZZ_SEED, else one by chance.
std::uint64_t chosen_seed();
// $DCMFS_FUZZ_COUNT, else `usual`, or less of it where a sanitizer makes everything slow.
std::size_t chosen_count(std::size_t usual);

struct Campaign {
  double seconds_max = 0;  // of one input, by the clock of its thread
  std::size_t slowest = 0;
  std::int64_t memory_growth = 0;  // of the resident set at its highest
};
// Calls `each` with the numbers below `count`, on all processors. Where the program crashes the
// number is printed.
using Each = std::function<void(std::size_t n, const std::string& bytes)>;
Campaign run_campaign(const Mutations&, std::size_t count, const Each& each);

}  // namespace dcmfs::fuzz
