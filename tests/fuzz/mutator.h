#pragma once
// Damages DICOM files as disks, networks, bad writers and attackers do. The same seed makes the
// same damage: what a test found is found again.
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "store/dicom/tag.h"

namespace dcmfs::fuzz {

// A file in pieces, so that what is damaged is an element and not only a byte.
struct Piece {
  Tag tag;  // {} of what stands before the first element, and of what could not be read
  std::string head;
  std::string value;
  bool has_undefined_length = false;
};
using Pieces = std::vector<Piece>;
Pieces take_apart(std::string_view file);  // one piece where it is not DICOM
std::string put_together(const Pieces&);

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  // A damaged `file`; elements of `other` may get into it.
  std::string operator()(const Pieces& file, const Pieces& other);

  // -- for the damages, which are a table
  std::size_t below(std::size_t n);  // 0 to n - 1; 0 for n = 0
  bool one_in(std::size_t n) { return below(n) == 0; }
  std::uint32_t any() { return static_cast<std::uint32_t>(random_()); }
  template <class List>
  auto& one_of(List& list) {
    return list[below(std::size(list))];
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace dcmfs::fuzz
