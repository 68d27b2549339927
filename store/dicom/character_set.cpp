#include "store/dicom/character_set.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "store/dicom/character_set_terms.h"
#include "store/dicom/text.h"

namespace dcmfs {
namespace {

using namespace character_sets;

// clang-format off
// Names that are not DICOM's but are written into files; letters and digits only.
struct Alias {
  std::string_view name;
  std::string_view encoding;  // of the row with that encoding, if `number` is 0
  int number;
};
constexpr Alias kAliases[] = {
    {"GB18030", "GB18030", 0}, {"ISO2022GB18030", "GB18030", 0},
    {"GBK", "GBK", 0}, {"ISO2022GBK", "GBK", 0}, {"CP936", "GBK", 0},
    {"GB2312", "", 58}, {"EUCCN", "", 58}, {"EUCKR", "", 149}, {"KSC5601", "", 149},
    {"UTF8", "", 192}, {"UNICODE", "", 192},
    {"ASCII", "", 6}, {"USASCII", "", 6}, {"ISO646", "", 6},
    {"LATIN1", "", 100}, {"LATIN2", "", 101}, {"LATIN3", "", 109}, {"LATIN4", "", 110},
    {"LATIN5", "", 148}, {"LATIN9", "", 203},
    {"ISO88591", "", 100}, {"ISO88592", "", 101}, {"ISO88593", "", 109}, {"ISO88594", "", 110},
    {"ISO88595", "", 144}, {"ISO88596", "", 127}, {"ISO88597", "", 126}, {"ISO88598", "", 138},
    {"ISO88599", "", 148}, {"ISO885915", "", 203}, {"TIS620", "", 166}, {"ISOIR14", "", 13},
    {"ISO2022IR14", "", 13},
};
// clang-format on

// "ISO-IR 100", "iso_ir_100" and "ISO IR 100" are all ISOIR100.
std::string letters_and_digits(std::string_view text) {
  std::string kept;
  for (const unsigned char c : text)
    if (std::isalnum(c)) kept += static_cast<char>(std::toupper(c));
  return kept;
}

// A row of the table; nullopt: no such term.
std::optional<std::uint8_t> find_term(std::string_view text) {
  const std::string name = letters_and_digits(text);
  for (const auto& alias : kAliases) {
    if (alias.name != name) continue;
    if (alias.number != 0) return row_of(alias.number);
    const auto* row = std::find_if(std::begin(kTerms), std::end(kTerms),
                                   [&](const Term& t) { return t.encoding == alias.encoding; });
    return static_cast<std::uint8_t>(row - std::begin(kTerms));
  }
  for (const std::string_view prefix : {"ISO2022IR", "ISO2022", "ISOIR", "IR"}) {
    if (!name.starts_with(prefix)) continue;
    const auto digits = std::string_view(name).substr(prefix.size());
    for (const Term& one : kTerms)
      if (one.number != 0 && digits == std::to_string(one.number)) return row_of(one.number);
  }
  return std::nullopt;
}

std::uint8_t parse_term(std::string_view text) {
  return find_term(text).value_or(kDefaultRow);
}

void append_code_point(std::string& out, unsigned c) {  // of the Basic Multilingual Plane
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
  } else {
    out += {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
            static_cast<char>(0x80 | (c & 0x3F))};
  }
}

void append_latin1(std::string& out, std::string_view bytes) {
  for (const unsigned char c : bytes) append_code_point(out, c);
}

// Opening a converter reads files; each thread keeps those it needed.
class Converter {
 public:
  explicit Converter(const char* encoding) : iconv_("UTF-8", encoding) {}

  // A piece that is no character becomes U+FFFD; `unit` bytes are left out then.
  void append(std::string& out, std::string_view bytes, std::size_t unit) {
    if (iconv_.usable()) iconv(iconv_.handle(), nullptr, nullptr, nullptr, nullptr);
    while (!bytes.empty()) {
      if (iconv_.usable()) bytes.remove_prefix(convert(out, bytes));
      if (bytes.empty()) return;
      out += kReplacementCharacter;
      bytes.remove_prefix(std::min(unit, bytes.size()));
    }
  }

 private:
  // Answers how many bytes it took; all of them, unless those that follow are no character.
  std::size_t convert(std::string& out, std::string_view bytes) {
    char buffer[512];
    char* in = const_cast<char*>(bytes.data());  // iconv does not write there
    std::size_t left = bytes.size();
    for (;;) {
      char* to = buffer;
      std::size_t room = sizeof buffer;
      const auto before = left;
      const auto result = iconv(iconv_.handle(), &in, &left, &to, &room);
      out.append(buffer, to);
      const bool stuck = left == before && to == buffer;
      if (result != static_cast<std::size_t>(-1) || errno != E2BIG || stuck)
        return bytes.size() - left;
    }
  }

  Conversion iconv_;
};

void append_converted(std::string& out, const Term& set, std::string_view bytes, std::size_t unit) {
  thread_local std::array<std::unique_ptr<Converter>, std::size(kTerms)> converters;
  auto& converter = converters[static_cast<std::size_t>(&set - kTerms)];
  if (!converter) converter = std::make_unique<Converter>(set.encoding);
  converter->append(out, bytes, unit);
}

// The text of one value or several under ISO 2022 rules: two sets are active,
// one for the bytes below 128 (G0) and one for those above (G1).
class Iso2022 {
 public:
  Iso2022(const Term& g0, const Term* g1, Vr vr)
      : first_g0_(&g0), first_g1_(g1), is_name_(vr == Vr::PN), is_list_(info(vr).multi_valued) {
    reset();
  }

  std::string decode(std::string_view bytes) {
    while (!bytes.empty()) bytes.remove_prefix(decode_some(bytes));
    return std::move(out_);
  }

 private:
  void reset() {
    g0_ = first_g0_;
    g1_ = first_g1_;
  }

  // Each answers how many bytes it took, at least one.
  std::size_t decode_some(std::string_view bytes) {
    const char c = bytes.front();
    if (c == kEscape) return switch_sets(bytes);
    if ((c & 0x80) != 0) return decode_above(bytes);
    if (c <= ' ' || c == '\x7F') return decode_control(c);
    if (g0_->shape == Shape::pairs_below) return decode_pairs(bytes);
    return decode_below(c);
  }

  std::size_t switch_sets(std::string_view bytes) {
    const auto rest = bytes.substr(1);
    for (const auto& escape : kEscapes) {
      if (!rest.starts_with(escape.bytes)) continue;
      if (escape.g0 != 0) g0_ = &term(escape.g0);
      if (escape.g1 != 0) g1_ = &term(escape.g1);
      return 1 + escape.bytes.size();
    }
    out_ += kReplacementCharacter;
    return 1;
  }

  std::size_t decode_control(char c) {
    // PS3.5 6.1.2.5.3: the end of a line or page and a tab end an extension.
    if (c == '\r' || c == '\n' || c == '\f' || c == '\t') reset();
    out_ += c;
    return 1;
  }

  std::size_t decode_below(char c) {
    // PS3.5 6.1.2.5.3: so do '\' between values, '^' and '=' within a name.
    const bool between_values = is_list_ && c == '\\';
    const bool within_name = is_name_ && (c == '^' || c == '=');
    const bool romaji = g0_->shape == Shape::katakana;
    if (between_values || within_name) {
      reset();
      out_ += c;
    } else if (romaji && c == '\\') {
      out_ += "\u00A5";  // YEN SIGN
    } else if (romaji && c == '~') {
      out_ += "\u203E";  // OVERLINE
    } else {
      out_ += c;
    }
    return 1;
  }

  std::size_t decode_pairs(std::string_view bytes) {
    const auto printable = [](char c) { return c > ' ' && c < '\x7F'; };
    std::string shifted;
    std::size_t taken = 0;
    while (taken + 1 < bytes.size() && printable(bytes[taken]) && printable(bytes[taken + 1])) {
      shifted += g0_->shift;
      shifted += static_cast<char>(bytes[taken] | 0x80);
      shifted += static_cast<char>(bytes[taken + 1] | 0x80);
      taken += 2;
    }
    append_converted(out_, *g0_, shifted, g0_->shift.size() + 2);
    if (taken > 0) return taken;
    out_ += kReplacementCharacter;  // half a pair
    return 1;
  }

  std::size_t decode_above(std::string_view bytes) {
    const auto* end =
        std::find_if(bytes.begin(), bytes.end(), [](char c) { return (c & 0x80) == 0; });
    const auto run = bytes.substr(0, static_cast<std::size_t>(end - bytes.begin()));
    switch (g1_ ? g1_->shape : Shape::ascii) {
      case Shape::single:
        append_converted(out_, *g1_, run, 1);
        break;
      case Shape::pairs_above:
        append_converted(out_, *g1_, run, 2);
        break;
      case Shape::katakana:
        append_katakana(run);
        break;
      case Shape::latin1:
        append_latin1(out_, run);
        break;
      case Shape::ascii:
      case Shape::pairs_below:
      case Shape::utf8:
      case Shape::whole:
        if (is_valid_utf8(run)) {
          out_ += run;
        } else {
          append_latin1(out_, run);
        }
    }
    return run.size();
  }

  void append_katakana(std::string_view run) {
    for (const unsigned char c : run) {
      if (c >= 0xA1 && c <= 0xDF) {
        append_code_point(out_, 0xFF61u + (c - 0xA1u));
      } else {
        out_ += kReplacementCharacter;
      }
    }
  }

  const Term* first_g0_;
  const Term* first_g1_;
  bool is_name_, is_list_;
  const Term* g0_ = nullptr;
  const Term* g1_ = nullptr;
  std::string out_;
};

bool is_plain(std::string_view bytes) {
  return std::none_of(bytes.begin(), bytes.end(),
                      [](char c) { return (c & 0x80) != 0 || c == kEscape; });
}

}  // namespace

CharacterSet CharacterSet::parse(std::string_view value) {
  CharacterSet set;
  bool extended = false;  // a value other than the default repertoire was seen
  for (const auto part : split(value, '\\')) {
    if (set.count_ == kTermsMax) break;
    const auto row = parse_term(part);
    if (stands_alone(row)) {
      // These allow no other value beside them (PS3.3 C.12.1.1.2); the first that says something
      // counts.
      if (extended) continue;
      set.terms_ = {row};
      set.count_ = 1;
      return set;
    }
    extended = extended || row != kDefaultRow;
    set.terms_[set.count_++] = row;
  }
  return extended ? set : CharacterSet();
}

bool CharacterSet::knows(std::string_view value) {
  return std::ranges::all_of(split(value, '\\'), [](std::string_view term) {
    return trim(term).empty() || find_term(term).has_value();
  });
}

CharacterSet CharacterSet::utf8() {
  return parse("ISO_IR 192");
}

std::string CharacterSet::to_utf8(std::string_view bytes, Vr vr) const {
  const Term& first = kTerms[count_ > 0 ? terms_[0] : kDefaultRow];
  // JIS X 0201 in G0 differs from ASCII, where the set applies at all (PS3.5 6.1.2.3).
  const bool romaji = first.shape == Shape::katakana && info(vr).character_set;
  if (!romaji && is_plain(bytes)) return std::string(bytes);
  if (count_ == 0 && bytes.find(kEscape) == std::string_view::npos) {
    if (is_valid_utf8(bytes)) return std::string(bytes);
    std::string out;
    append_latin1(out, bytes);
    return out;
  }

  // Bytes above 127 without an escape sequence belong to the first value; if that is the default
  // repertoire, which has none, to the first that has.
  const Term* g1 = nullptr;
  for (int i = count_ - 1; i >= 0; --i) {
    const auto shape = kTerms[terms_[i]].shape;
    if (shape != Shape::ascii && shape != Shape::pairs_below) g1 = &kTerms[terms_[i]];
  }
  switch (first.shape) {
    case Shape::utf8:
      return repair_utf8(bytes);
    case Shape::whole: {
      std::string out;
      append_converted(out, first, bytes, 1);
      return out;
    }
    case Shape::ascii:
    case Shape::latin1:
    case Shape::single:
    case Shape::katakana:
    case Shape::pairs_above:
    case Shape::pairs_below:
      break;
  }
  return Iso2022(romaji ? first : term(6), g1, vr).decode(bytes);
}

}  // namespace dcmfs
