#pragma once
// The defined terms of Specific Character Set and the escape sequences that switch between them, for
// the two directions: character_set.cpp and character_set_encoder.cpp. Private to this folder.
#include <cstdint>
#include <iterator>
#include <string_view>

#include <iconv.h>

namespace dcmfs::character_sets {

inline constexpr char kEscape = '\x1B';

// How the bytes of a set stand in a value.
enum class Shape : std::uint8_t {
  ascii,        // nothing above 127
  latin1,       // one byte each above 127, code point = byte
  single,       // one byte each above 127
  katakana,     // JIS X 0201: half-width katakana above 127, two differences to ASCII below
  pairs_above,  // two bytes each above 127 (G1)
  pairs_below,  // two bytes each below 128 (G0), after an escape sequence only
  utf8,         // replaces everything
  whole,        // replaces everything; a second byte may be below 128
};

struct Term {
  int number;  // ISO-IR registration; 0: has none
  Shape shape;
  const char* encoding;    // iconv's name; of pairs_below one in which they stand with bit 8 set
  std::string_view shift;  // what `encoding` wants before each pair
};

// PS3.3 C.12.1.1.2, tables C.12-2 to C.12-5. The term with code extensions ("ISO 2022 IR n")
// and the one without ("ISO_IR n") mean the same repertoire, so they share a row.
// clang-format off
inline constexpr Term kTerms[] = {
    {  6, Shape::ascii,       "",            ""},
    {100, Shape::latin1,      "",            ""},  // Latin alphabet No. 1
    {101, Shape::single,      "ISO-8859-2",  ""},  // Latin alphabet No. 2
    {109, Shape::single,      "ISO-8859-3",  ""},  // Latin alphabet No. 3
    {110, Shape::single,      "ISO-8859-4",  ""},  // Latin alphabet No. 4
    {144, Shape::single,      "ISO-8859-5",  ""},  // Cyrillic
    {127, Shape::single,      "ISO-8859-6",  ""},  // Arabic
    {126, Shape::single,      "ISO-8859-7",  ""},  // Greek
    {138, Shape::single,      "ISO-8859-8",  ""},  // Hebrew
    {148, Shape::single,      "ISO-8859-9",  ""},  // Latin alphabet No. 5
    {203, Shape::single,      "ISO-8859-15", ""},  // Latin alphabet No. 9
    {166, Shape::single,      "TIS-620",     ""},  // Thai
    { 13, Shape::katakana,    "",            ""},  // JIS X 0201
    {149, Shape::pairs_above, "EUC-KR",      ""},  // KS X 1001
    { 58, Shape::pairs_above, "EUC-CN",      ""},  // GB 2312
    { 87, Shape::pairs_below, "EUC-JP",      ""},  // JIS X 0208
    {159, Shape::pairs_below, "EUC-JP",      "\x8F"},  // JIS X 0212
    {192, Shape::utf8,        "",            ""},
    {  0, Shape::whole,       "GB18030",     ""},
    {  0, Shape::whole,       "GBK",         ""},
};

// PS3.3 tables C.12-3 and C.12-4, without the ESC that begins each. ESC $ @ (JIS X 0208 of 1978)
// is not among them but is sent by old Japanese devices.
struct Escape {
  std::string_view bytes;
  int g0 = 0, g1 = 0;  // the number of the set that it puts there; 0: stays
};
inline constexpr Escape kEscapes[] = {
    {"(B",   6,   0}, {"(J",  13,   0}, {")I",   0,  13}, {"-A",   0, 100}, {"-B",   0, 101},
    {"-C",   0, 109}, {"-D",   0, 110}, {"-L",   0, 144}, {"-G",   0, 127}, {"-F",   0, 126},
    {"-H",   0, 138}, {"-M",   0, 148}, {"-b",   0, 203}, {"-T",   0, 166}, {"$)C",  0, 149},
    {"$)A",  0,  58}, {"$B",  87,   0}, {"$@",  87,   0}, {"$(D", 159,   0},
};
// clang-format on

inline constexpr std::uint8_t kDefaultRow = 0;

constexpr std::uint8_t row_of(int number) {
  static_assert(std::size(kTerms) <= 256);
  for (std::size_t row = 0; row < std::size(kTerms); ++row)
    if (kTerms[row].number == number) return static_cast<std::uint8_t>(row);
  return kDefaultRow;
}

constexpr const Term& term(int number) {
  return kTerms[row_of(number)];
}

constexpr bool stands_alone(std::uint8_t row) {
  return kTerms[row].shape == Shape::utf8 || kTerms[row].shape == Shape::whole;
}

// iconv's, closed in the end. Opening one reads files.
class Conversion {
 public:
  Conversion(const char* to, const char* from) : handle_(iconv_open(to, from)) {}
  Conversion(const Conversion&) = delete;
  Conversion& operator=(const Conversion&) = delete;
  ~Conversion() {
    if (usable()) iconv_close(handle_);
  }
  bool usable() const { return handle_ != reinterpret_cast<iconv_t>(-1); }
  iconv_t handle() const { return handle_; }

 private:
  iconv_t handle_;
};

}  // namespace dcmfs::character_sets
