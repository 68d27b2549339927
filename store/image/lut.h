#pragma once
// Look-up tables as data sets hold them: LUT descriptor and LUT data (PS3.3
// C.11.1, C.11.2), and the three palettes of PALETTE COLOR (PS3.3 C.7.6.3.1.5 and C.7.9).
#include <cstdint>
#include <optional>
#include <vector>

#include "store/image/image.h"
#include "store/result.h"

namespace dcmfs {

enum class Signedness : std::uint8_t { is_unsigned, is_signed };

struct Lut {
  std::int64_t first = 0;              // the value that the first entry is for
  int bits = 16;                       // of an entry
  std::vector<std::uint16_t> entries;  // never empty

  // Values outside the table have its first or last entry.
  std::uint16_t at(std::int64_t value) const;
  double highest() const { return static_cast<double>((1 << bits) - 1); }
};

// The table in an item of a Modality or VOI LUT Sequence; `first` tells whether
// the values it is for may be negative. nullopt if it contradicts itself.
std::optional<Lut> read_lut(const DicomFile&, const Dataset& item, Signedness first);

struct Palette {
  Lut red, green, blue;
  std::uint8_t eight_bits(std::uint16_t entry) const;
  int bits = 8;  // of all three
};

// corrupt if a palette is missing or shorter than its descriptor says.
Result<Palette> read_palette(const DicomFile&, const PixelDescription&);

}  // namespace dcmfs
