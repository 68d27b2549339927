#pragma once
// Tags, value representations and keywords. The dictionary is DCMTK's; this is
// the only header through which the rest of the program asks it anything.
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dcmfs {

struct Tag {
  std::uint16_t group = 0;
  std::uint16_t element = 0;
  friend constexpr auto operator<=>(const Tag&, const Tag&) = default;
  constexpr bool is_private() const { return (group & 1) != 0; }
  // PS3.5 7.8.1: (gggg,0010-00FF) reserve a block of private elements.
  constexpr bool is_private_creator() const {
    return is_private() && element >= 0x0010 && element <= 0x00ff;
  }
  constexpr bool is_group_length() const { return element == 0; }
  constexpr std::uint32_t number() const { return std::uint32_t{group} << 16 | element; }
};

// clang-format off
enum class Vr : std::uint8_t {
  AE, AS, AT, CS, DA, DS, DT, FD, FL, IS, LO, LT, OB, OD, OF, OL, OV, OW, PN, SH, SL, SQ, SS, ST,
  SV, TM, UC, UI, UL, UN, UR, US, UT, UV,
};
// clang-format on

// What PS3.5 6.2 and 7.1.2 say of a value representation.
struct VrInfo {
  Vr vr;
  char name[3];
  bool text;           // characters (UI and IS included)
  bool character_set;  // subject to Specific Character Set (PS3.5 6.1.2.3)
  bool multi_valued;   // '\' separates values
  bool long_length;    // explicit VR: 2 reserved bytes, then a 32 bit length
  std::uint8_t unit;   // bytes of one binary value, and of a byte swap; 0 for text and SQ
  char padding;        // makes the length even
};
const VrInfo& info(Vr);
std::optional<Vr> parse_vr(char first, char second);

// The VR of a public tag by the dictionary, repeating groups included; the VR
// that the standard says depends on context is the one a reader may assume
// ("US or SS" is US, "OB or OW" is OW). UN for unknown and private tags, LO for
// private creators, UL for group lengths.
Vr vr_of(Tag);
// "US or SS" in the dictionary: signed if PixelRepresentation is 1 (PS3.5 A.1).
bool us_or_ss(Tag);
std::string keyword_of(Tag);  // "PatientID"; "" if unknown or private
// "PatientID", "0010,0020", "0010-0020" or "00100020".
std::optional<Tag> tag_of(std::string_view keyword_or_hex);
std::string to_string(Tag);  // "0010,0020", lower case hexadecimal

// The dictionary is a file that DCMTK reads at run time; without it nothing is
// named. False if it could not be loaded.
bool dictionary_is_loaded();

namespace tags {
// clang-format off
#define DCMFS_TAG(keyword, group, element) inline constexpr Tag keyword{group, element};
#include "store/dicom/tags.inc"
#undef DCMFS_TAG
// clang-format on
}  // namespace tags
}  // namespace dcmfs
