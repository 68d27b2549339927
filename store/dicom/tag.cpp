#include "store/dicom/tag.h"

#include <array>

#include "store/dicom/dictionary.h"
#include "store/number.h"

namespace dcmfs {
namespace {

// PS3.5 table 6.2-1 and 7.1.2. AT is a pair of 16 bit numbers and is swapped as such.
// clang-format off
constexpr std::array kVrs{
    //            text   charset multi  long   unit padding
    VrInfo{Vr::AE, "AE", true,  false, true,  false, 0, ' '},
    VrInfo{Vr::AS, "AS", true,  false, true,  false, 0, ' '},
    VrInfo{Vr::AT, "AT", false, false, true,  false, 2, '\0'},
    VrInfo{Vr::CS, "CS", true,  false, true,  false, 0, ' '},
    VrInfo{Vr::DA, "DA", true,  false, true,  false, 0, ' '},
    VrInfo{Vr::DS, "DS", true,  false, true,  false, 0, ' '},
    VrInfo{Vr::DT, "DT", true,  false, true,  false, 0, ' '},
    VrInfo{Vr::FD, "FD", false, false, true,  false, 8, '\0'},
    VrInfo{Vr::FL, "FL", false, false, true,  false, 4, '\0'},
    VrInfo{Vr::IS, "IS", true,  false, true,  false, 0, ' '},
    VrInfo{Vr::LO, "LO", true,  true,  true,  false, 0, ' '},
    VrInfo{Vr::LT, "LT", true,  true,  false, false, 0, ' '},
    VrInfo{Vr::OB, "OB", false, false, false, true,  1, '\0'},
    VrInfo{Vr::OD, "OD", false, false, false, true,  8, '\0'},
    VrInfo{Vr::OF, "OF", false, false, false, true,  4, '\0'},
    VrInfo{Vr::OL, "OL", false, false, false, true,  4, '\0'},
    VrInfo{Vr::OV, "OV", false, false, false, true,  8, '\0'},
    VrInfo{Vr::OW, "OW", false, false, false, true,  2, '\0'},
    VrInfo{Vr::PN, "PN", true,  true,  true,  false, 0, ' '},
    VrInfo{Vr::SH, "SH", true,  true,  true,  false, 0, ' '},
    VrInfo{Vr::SL, "SL", false, false, true,  false, 4, '\0'},
    VrInfo{Vr::SQ, "SQ", false, false, false, true,  0, '\0'},
    VrInfo{Vr::SS, "SS", false, false, true,  false, 2, '\0'},
    VrInfo{Vr::ST, "ST", true,  true,  false, false, 0, ' '},
    VrInfo{Vr::SV, "SV", false, false, true,  true,  8, '\0'},
    VrInfo{Vr::TM, "TM", true,  false, true,  false, 0, ' '},
    VrInfo{Vr::UC, "UC", true,  true,  true,  true,  0, ' '},
    VrInfo{Vr::UI, "UI", true,  false, true,  false, 0, '\0'},
    VrInfo{Vr::UL, "UL", false, false, true,  false, 4, '\0'},
    VrInfo{Vr::UN, "UN", false, false, false, true,  1, '\0'},
    VrInfo{Vr::UR, "UR", true,  false, false, true,  0, ' '},
    VrInfo{Vr::US, "US", false, false, true,  false, 2, '\0'},
    VrInfo{Vr::UT, "UT", true,  true,  false, true,  0, ' '},
    VrInfo{Vr::UV, "UV", false, false, true,  true,  8, '\0'},
};
// clang-format on

constexpr std::size_t kLetters = 26;
constexpr std::uint8_t kNoVr = 0xff;

// From the two letters of a name to its row.
constexpr auto kVrByLetters = [] {
  std::array<std::uint8_t, kLetters * kLetters> rows{};
  rows.fill(kNoVr);
  for (std::size_t i = 0; i < kVrs.size(); ++i) {
    const auto first = static_cast<std::size_t>(kVrs[i].name[0] - 'A');
    const auto second = static_cast<std::size_t>(kVrs[i].name[1] - 'A');
    rows[first * kLetters + second] = static_cast<std::uint8_t>(i);
  }
  return rows;
}();

constexpr bool rows_are_in_the_order_of_the_enum() {
  for (std::size_t i = 0; i < kVrs.size(); ++i) {
    if (kVrs[i].vr != static_cast<Vr>(i)) return false;
  }
  return true;
}
static_assert(rows_are_in_the_order_of_the_enum());

std::optional<Tag> parse_hex(std::string_view text) {
  if (text.size() == 9 && (text[4] == ',' || text[4] == '-')) {
    const auto group = parse_whole<std::uint16_t>(text.substr(0, 4), 16);
    const auto element = parse_whole<std::uint16_t>(text.substr(5), 16);
    if (group && element) return Tag{*group, *element};
  } else if (text.size() == 8) {
    const auto group = parse_whole<std::uint16_t>(text.substr(0, 4), 16);
    const auto element = parse_whole<std::uint16_t>(text.substr(4), 16);
    if (group && element) return Tag{*group, *element};
  }
  return std::nullopt;
}

}  // namespace

const VrInfo& info(Vr vr) {
  return kVrs[static_cast<std::size_t>(vr)];
}

std::optional<Vr> parse_vr(char first, char second) {
  if (first < 'A' || first > 'Z' || second < 'A' || second > 'Z') return std::nullopt;
  const std::uint8_t row = kVrByLetters[static_cast<std::size_t>(first - 'A') * kLetters +
                                        static_cast<std::size_t>(second - 'A')];
  if (row == kNoVr) return std::nullopt;
  return kVrs[row].vr;
}

Vr vr_of(Tag tag) {
  if (tag.is_group_length()) return Vr::UL;
  if (tag.is_private_creator()) return Vr::LO;
  const DictionaryEntry* entry = find_in_dictionary(tag);
  return entry != nullptr ? entry->vr : Vr::UN;
}

bool us_or_ss(Tag tag) {
  const DictionaryEntry* entry = find_in_dictionary(tag);
  return entry != nullptr && entry->us_or_ss;
}

std::string keyword_of(Tag tag) {
  const DictionaryEntry* entry = find_in_dictionary(tag);
  return entry != nullptr ? entry->keyword : "";
}

std::optional<Tag> tag_of(std::string_view keyword_or_hex) {
  if (const DictionaryEntry* entry = find_in_dictionary(keyword_or_hex)) return entry->tag;
  return parse_hex(keyword_or_hex);
}

std::string to_string(Tag tag) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "gggg,eeee";
  for (int i = 0; i < 4; ++i) {
    const int shift = 12 - 4 * i;
    text[static_cast<std::size_t>(i)] = kDigits[static_cast<std::size_t>(tag.group >> shift & 15)];
    text[static_cast<std::size_t>(i) + 5] =
        kDigits[static_cast<std::size_t>(tag.element >> shift & 15)];
  }
  return text;
}

}  // namespace dcmfs
