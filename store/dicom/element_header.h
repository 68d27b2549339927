#pragma once
// How a data set is encoded, and the header of one of its elements. Private to
// this folder.
#include <cstdint>
#include <optional>
#include <string_view>

#include "store/dicom/tag.h"

namespace dcmfs {

struct Encoding {
  bool implicit_vr = false;
  bool big_endian = false;
  friend bool operator==(const Encoding&, const Encoding&) = default;
};
inline constexpr Encoding kExplicitLittleEndian{};
inline constexpr Encoding kImplicitLittleEndian{.implicit_vr = true};

inline constexpr Tag kItem{0xfffe, 0xe000};
inline constexpr Tag kItemDelimitation{0xfffe, 0xe00d};
inline constexpr Tag kSequenceDelimitation{0xfffe, 0xe0dd};

struct ElementHeader {
  Tag tag;
  std::optional<Vr> vr;     // as written; nullopt: not written, or not a VR
  std::int64_t length = 0;  // or Element::kUndefinedLength
  std::int64_t size = 0;    // of the header itself
};

inline constexpr std::size_t kHeaderBytesMin = 8;
inline constexpr std::size_t kHeaderBytesMax = 12;

// nullopt if the bytes are too few.
std::optional<ElementHeader> parse_header(std::string_view bytes, Encoding);

// The encoding of a data set or meta header that begins with these bytes, where nothing
// says so: nullopt if they do not look like one. `available`: bytes to the end of the file.
std::optional<Encoding> recognise_encoding(std::string_view head, std::int64_t available);

// The encoding that the first element really has, where a transfer syntax has declared one.
Encoding correct_encoding(std::string_view head, Encoding declared);

}  // namespace dcmfs
