#include "store/image/lut.h"

#include <algorithm>
#include <cmath>
#include <string_view>

namespace dcmfs {
namespace {

constexpr std::int64_t kEntriesMax = 65536;
constexpr std::int64_t kLutBytesMax = 2 * kEntriesMax;
constexpr std::int64_t kSegmentedBytesMax = 4 * kLutBytesMax;

struct Descriptor {  // PS3.3 C.11.1.1.1
  std::int64_t entries, first;
  int bits;
};

std::optional<Descriptor> read_descriptor(const Dataset& dataset, Tag tag, Signedness first) {
  const auto entries = dataset.integer(tag, 0);
  const auto begin = dataset.integer(tag, 1);
  const auto bits = dataset.integer(tag, 2);
  if (!entries || !begin || !bits || *bits < 8 || *bits > 16) return std::nullopt;
  Descriptor out{*entries & 0xffff, *begin & 0xffff, static_cast<int>(*bits)};
  if (out.entries == 0) out.entries = kEntriesMax;
  // Implicit VR does not tell US from SS; the meaning does.
  if (first == Signedness::is_signed) out.first = static_cast<std::int16_t>(out.first);
  return out;
}

std::vector<std::uint16_t> as_words(std::string_view bytes, std::size_t bytes_per_entry) {
  std::vector<std::uint16_t> out(bytes.size() / bytes_per_entry);
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (std::size_t byte = bytes_per_entry; byte-- > 0;) {
      out[i] = static_cast<std::uint16_t>(
          out[i] << 8 | static_cast<unsigned char>(bytes[i * bytes_per_entry + byte]));
    }
  }
  return out;
}

// Values of US, SS and OW are turned by the reader in memory, not on disk.
std::optional<std::string> value_bytes(const DicomFile& file, const Dataset& dataset, Tag tag,
                                       std::int64_t bytes_max) {
  const Element* element = dataset.find(tag);
  if (!element || element->length == 0) return std::nullopt;
  auto bytes = read_value(file, *element, bytes_max);
  if (!bytes) return std::nullopt;
  return *std::move(bytes);
}

// An entry takes 16 bits; those of 8 bits may stand two in a word (PS3.3 C.7.6.3.1.6).
std::optional<std::vector<std::uint16_t>> read_entries(std::string_view bytes,
                                                       const Descriptor& descriptor) {
  const auto count = static_cast<std::size_t>(descriptor.entries);
  if (bytes.size() >= 2 * count) return as_words(bytes.substr(0, 2 * count), 2);
  if (descriptor.bits == 8 && bytes.size() >= count) return as_words(bytes.substr(0, count), 1);
  return std::nullopt;
}

// The third value of a descriptor often lies: no entry may need more bits than it says.
int bits_needed(const std::vector<std::uint16_t>& entries, int bits) {
  const int highest = *std::ranges::max_element(entries);
  while (bits < 16 && highest >> bits != 0) ++bits;
  return bits;
}

// PS3.3 C.7.9.2: discrete runs, lines to a value, and repetitions of earlier segments.
class SegmentedPalette {
 public:
  // Entries of one or two bytes.
  SegmentedPalette(std::string_view bytes, std::size_t bytes_per_entry, std::size_t count)
      : data_(as_words(bytes, bytes_per_entry)), bytes_per_entry_(bytes_per_entry), count_(count) {}

  std::optional<std::vector<std::uint16_t>> expand() {
    std::size_t at = 0;
    while (at < data_.size() && out_.size() < count_) {
      if (!segment(at, Indirect::allowed)) return std::nullopt;
    }
    if (out_.size() < count_) return std::nullopt;
    out_.resize(count_);
    return std::move(out_);
  }

 private:
  enum class Indirect { allowed, forbidden };

  bool segment(std::size_t& at, Indirect indirect) {
    if (data_.size() - at < 2) return false;
    const int opcode = data_[at];
    const std::size_t length = data_[at + 1];
    at += 2;
    // Every segment brings the table nearer to its end, or it might never come.
    if (length == 0 && opcode != 2) return false;
    switch (opcode) {
      case 0:
        return discrete(at, length);
      case 1:
        return line(at, length);
      case 2:
        return indirect == Indirect::allowed && repeat(at, length);
      default:
        return false;
    }
  }

  bool discrete(std::size_t& at, std::size_t length) {
    if (data_.size() - at < length) return false;
    const auto from = data_.begin() + static_cast<std::ptrdiff_t>(at);
    out_.insert(out_.end(), from, from + static_cast<std::ptrdiff_t>(length));
    at += length;
    return true;
  }

  bool line(std::size_t& at, std::size_t length) {
    if (at == data_.size() || out_.empty()) return false;
    const double from = out_.back();
    const double to = data_[at++];
    for (std::size_t i = 1; i <= length; ++i) {
      const double part = static_cast<double>(i) / static_cast<double>(length);
      out_.push_back(static_cast<std::uint16_t>(std::lround(from + (to - from) * part)));
    }
    return true;
  }

  // The offset of the first of them is in bytes, 32 bits wide, the lowest entry first (PS3.3 C.7.9.2.3).
  bool repeat(std::size_t& at, std::size_t segments) {
    const std::size_t entries = 4 / bytes_per_entry_;
    if (data_.size() - at < entries) return false;
    std::size_t offset = 0;
    for (std::size_t i = 0; i < entries; ++i)
      offset |= std::size_t{data_[at + i]} << 8 * bytes_per_entry_ * i;
    at += entries;
    if (offset % bytes_per_entry_ != 0) return false;
    std::size_t from = offset / bytes_per_entry_;
    for (std::size_t i = 0; i < segments && out_.size() < count_; ++i) {
      if (from >= data_.size() || !segment(from, Indirect::forbidden)) return false;
    }
    return true;
  }

  std::vector<std::uint16_t> data_;
  std::size_t bytes_per_entry_;
  std::size_t count_;
  std::vector<std::uint16_t> out_;
};

struct PaletteTags {
  Tag descriptor, data, segmented;
};

std::optional<Lut> read_palette_lut(const DicomFile& file, const PaletteTags& of,
                                    Signedness pixels) {
  const auto descriptor = read_descriptor(file.dataset, of.descriptor, pixels);
  if (!descriptor) return std::nullopt;
  std::optional<std::vector<std::uint16_t>> entries;
  if (const auto bytes = value_bytes(file, file.dataset, of.data, kLutBytesMax)) {
    entries = read_entries(*bytes, *descriptor);
  } else if (const auto segments =
                 value_bytes(file, file.dataset, of.segmented, kSegmentedBytesMax)) {
    const std::size_t width = descriptor->bits == 8 ? 1 : 2;
    entries =
        SegmentedPalette(*segments, width, static_cast<std::size_t>(descriptor->entries)).expand();
  }
  if (!entries) return std::nullopt;
  return Lut{descriptor->first, descriptor->bits, *std::move(entries)};
}

}  // namespace

std::uint16_t Lut::at(std::int64_t value) const {
  const auto last = static_cast<std::int64_t>(entries.size()) - 1;
  return entries[static_cast<std::size_t>(std::clamp<std::int64_t>(value - first, 0, last))];
}

std::optional<Lut> read_lut(const DicomFile& file, const Dataset& item, Signedness first) {
  const auto descriptor = read_descriptor(item, tags::LUTDescriptor, first);
  const auto bytes = value_bytes(file, item, tags::LUTData, kLutBytesMax);
  if (!descriptor || !bytes) return std::nullopt;
  auto entries = read_entries(*bytes, *descriptor);
  if (!entries) return std::nullopt;
  const int bits = bits_needed(*entries, descriptor->bits);
  return Lut{descriptor->first, bits, *std::move(entries)};
}

Result<Palette> read_palette(const DicomFile& file, const PixelDescription& pixels) {
  static constexpr PaletteTags kTags[] = {
      {tags::RedPaletteColorLookupTableDescriptor, tags::RedPaletteColorLookupTableData,
       tags::SegmentedRedPaletteColorLookupTableData},
      {tags::GreenPaletteColorLookupTableDescriptor, tags::GreenPaletteColorLookupTableData,
       tags::SegmentedGreenPaletteColorLookupTableData},
      {tags::BluePaletteColorLookupTableDescriptor, tags::BluePaletteColorLookupTableData,
       tags::SegmentedBluePaletteColorLookupTableData},
  };
  const auto sign = pixels.is_signed ? Signedness::is_signed : Signedness::is_unsigned;
  Palette out;
  Lut* const luts[] = {&out.red, &out.green, &out.blue};
  int highest = 0;
  for (std::size_t i = 0; i < std::size(kTags); ++i) {
    auto lut = read_palette_lut(file, kTags[i], sign);
    if (!lut) return Error{Errc::corrupt, "a palette is missing or incomplete"};
    highest = std::max<int>(highest, *std::ranges::max_element(lut->entries));
    out.bits = std::max(out.bits, lut->bits);
    *luts[i] = *std::move(lut);
  }
  // 16 bits with nothing above the eighth are 8 bits, and the other way round.
  if (highest < 256) out.bits = 8;
  while (out.bits < 16 && highest >> out.bits != 0) ++out.bits;
  if (out.bits > 8 && out.red.bits == 8) out.bits = 16;
  return out;
}

std::uint8_t Palette::eight_bits(std::uint16_t entry) const {
  return static_cast<std::uint8_t>(entry >> (bits - 8));
}

}  // namespace dcmfs
