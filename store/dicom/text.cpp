#include "store/dicom/text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <utf8proc.h>

namespace dcmfs {
namespace {

using CodePoints = std::vector<utf8proc_int32_t>;

struct CodePoint {
  utf8proc_int32_t value;  // -1: the byte begins no character
  std::size_t bytes;       // at least 1
};

CodePoint code_point_at(std::string_view text, std::size_t at) {
  if ((text[at] & 0x80) == 0) return {text[at], 1};
  utf8proc_int32_t value = -1;
  const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                                      static_cast<utf8proc_ssize_t>(text.size() - at), &value);
  if (bytes < 1) return {-1, 1};
  return {value, static_cast<std::size_t>(bytes)};
}

std::string encode(const CodePoints& points) {
  std::string text;
  text.reserve(points.size() * 2);
  for (const auto point : points) {
    std::array<utf8proc_uint8_t, 4> bytes;
    const auto count = utf8proc_encode_char(point, bytes.data());
    text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(count));
  }
  return text;
}

// Sorting a run of marks takes time with the square of its length. UAX #15 13: no letter of any
// language has more than 30 of them; where a text goes on, a joiner (CGJ) stands between.
constexpr std::size_t kMarksMax = 30;
constexpr std::string_view kJoiner = "\u034F";

bool is_mark(utf8proc_int32_t c) {
  return utf8proc_get_property(c)->combining_class != 0;
}

std::string with_joiners(std::string_view valid_utf8) {
  std::string text;
  std::size_t marks = 0;
  for (std::size_t at = 0; at < valid_utf8.size();) {
    const auto [value, bytes] = code_point_at(valid_utf8, at);
    std::array<utf8proc_int32_t, 8> parts{};  // a canonical decomposition has 4 at most
    int boundary = 0;
    const auto count =
        std::clamp<utf8proc_ssize_t>(utf8proc_decompose_char(value, parts.data(), std::ssize(parts),
                                                             UTF8PROC_DECOMPOSE, &boundary),
                                     0, std::ssize(parts));
    const auto end = parts.begin() + count;
    const auto leading = std::find_if_not(parts.begin(), end, is_mark);
    if (marks + static_cast<std::size_t>(leading - parts.begin()) > kMarksMax) {
      text += kJoiner;
      marks = 0;
    }
    text += valid_utf8.substr(at, bytes);
    at += bytes;
    const auto trailing = std::find_if_not(std::make_reverse_iterator(end), parts.rend(), is_mark);
    const auto behind = static_cast<std::size_t>(trailing - std::make_reverse_iterator(end));
    marks = leading == end ? marks + behind : behind;
  }
  return text;
}

CodePoints decompose(std::string_view valid_utf8, int options) {
  std::string safe;
  if (valid_utf8.size() > kMarksMax) valid_utf8 = safe = with_joiners(valid_utf8);
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(valid_utf8.data());
  const auto size = static_cast<utf8proc_ssize_t>(valid_utf8.size());
  const auto flags = static_cast<utf8proc_option_t>(options | UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
  CodePoints points(valid_utf8.size() + 16);
  auto count = utf8proc_decompose(bytes, size, points.data(),
                                  static_cast<utf8proc_ssize_t>(points.size()), flags);
  if (count > static_cast<utf8proc_ssize_t>(points.size())) {
    points.resize(static_cast<std::size_t>(count));
    count = utf8proc_decompose(bytes, size, points.data(), count, flags);
  }
  points.resize(static_cast<std::size_t>(std::max<utf8proc_ssize_t>(count, 0)));
  return points;
}

void compose(CodePoints& points) {
  const auto flags = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  const auto count =
      utf8proc_normalize_utf32(points.data(), static_cast<utf8proc_ssize_t>(points.size()), flags);
  points.resize(static_cast<std::size_t>(std::max<utf8proc_ssize_t>(count, 0)));
}

// Marks that one may leave out and still have written the same name. Not all
// of Unicode's marks: the vowels of Thai and the voicing of kana are letters to
// their readers.
bool is_accent(utf8proc_int32_t c) {
  struct Range {
    utf8proc_int32_t first, last;
  };
  // clang-format off
  static constexpr Range kAccents[] = {
      {0x0300, 0x0333}, {0x0339, 0x036F},  // Latin, Greek, Cyrillic; not the overlays, which make = into ≠
      {0x0591, 0x05BD}, {0x05BF, 0x05BF}, {0x05C1, 0x05C2}, {0x05C4, 0x05C5}, {0x05C7, 0x05C7},  // Hebrew points
      {0x064B, 0x065F}, {0x0670, 0x0670},  // Arabic vowel signs, hamza above and below
      {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE20, 0xFE2F},
  };
  // clang-format on
  return std::any_of(std::begin(kAccents), std::end(kAccents),
                     [c](const Range& range) { return c >= range.first && c <= range.last; });
}

// Letters with a stroke have no decomposition in Unicode, yet people type the plain letter.
utf8proc_int32_t without_stroke(utf8proc_int32_t c) {
  switch (c) {
    case 0x0111:
      return 'd';  // đ
    case 0x0127:
      return 'h';  // ħ
    case 0x0131:
      return 'i';  // ı
    case 0x0142:
      return 'l';  // ł
    case 0x00F8:
      return 'o';  // ø
    case 0x0167:
      return 't';  // ŧ
    default:
      return c;
  }
}

}  // namespace

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
}

bool is_valid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto [value, bytes] = code_point_at(text, at);
    if (value < 0) return false;
    at += bytes;
  }
  return true;
}

std::string repair_utf8(std::string_view text) {
  if (is_valid_utf8(text)) return std::string(text);
  std::string repaired;
  for (std::size_t at = 0; at < text.size();) {
    const auto [value, bytes] = code_point_at(text, at);
    repaired.append(value < 0 ? kReplacementCharacter : text.substr(at, bytes));
    at += bytes;
  }
  return repaired;
}

std::string to_nfc(std::string_view utf8) {
  if (is_ascii(utf8)) return std::string(utf8);
  auto points = decompose(repair_utf8(utf8), 0);
  compose(points);
  return encode(points);
}

std::string fold(std::string_view utf8) {
  if (is_ascii(utf8)) {
    std::string folded(utf8);
    for (char& c : folded)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return folded;
  }
  auto points = decompose(repair_utf8(utf8), UTF8PROC_CASEFOLD);
  std::erase_if(points, is_accent);
  std::transform(points.begin(), points.end(), points.begin(), without_stroke);
  compose(points);
  return encode(points);
}

std::string_view cut_utf8(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t cut = 0;
  utf8proc_int32_t state = 0;
  utf8proc_int32_t before = code_point_at(text, 0).value;
  for (auto at = code_point_at(text, 0).bytes; at <= bytes_max;) {
    const auto [value, bytes] = code_point_at(text, at);
    // A byte that begins no character stands for itself.
    if (value < 0 || before < 0) {
      cut = at;
      state = 0;
    } else if (utf8proc_grapheme_break_stateful(before, value, &state)) {
      cut = at;
    }
    before = value;
    at += bytes;
  }
  return text.substr(0, cut);
}

std::string_view trim_right(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\0')) text.remove_prefix(1);
  return trim_right(text);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace dcmfs
