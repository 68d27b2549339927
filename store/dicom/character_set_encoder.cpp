// CharacterSet::from_utf8()
#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "store/dicom/character_set.h"
#include "store/dicom/character_set_terms.h"
#include "store/dicom/text.h"

namespace dcmfs {
namespace {

using namespace character_sets;

constexpr char32_t kFirstKatakana = 0xFF61, kLastKatakana = 0xFF9F;  // half-width
constexpr std::string_view kYenSign = "\u00A5", kOverline = "\u203E";

// All of the text in an encoding, or nothing.
std::optional<std::string> converted(const Term& set, std::string_view utf8) {
  thread_local std::array<std::unique_ptr<Conversion>, std::size(kTerms)> conversions;
  auto& conversion = conversions[static_cast<std::size_t>(&set - kTerms)];
  if (!conversion) conversion = std::make_unique<Conversion>(set.encoding, "UTF-8");
  if (!conversion->usable()) return std::nullopt;
  constexpr std::size_t kBytesOfCharacterMax = 4;  // no encoding of the table takes more
  std::string bytes((utf8.size() + 1) * kBytesOfCharacterMax, '\0');
  char* in = const_cast<char*>(utf8.data());  // iconv does not write there
  char* out = bytes.data();
  std::size_t left = utf8.size(), room = bytes.size();
  iconv(conversion->handle(), nullptr, nullptr, nullptr, nullptr);
  const auto result = iconv(conversion->handle(), &in, &left, &out, &room);
  if (result != 0 || left != 0) return std::nullopt;  // above 0: something like it was taken
  bytes.resize(bytes.size() - room);
  return bytes;
}

std::size_t bytes_of_character_at(std::string_view valid_utf8) {
  const auto first = static_cast<unsigned char>(valid_utf8.front());
  const std::size_t bytes = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  return std::min(bytes, valid_utf8.size());
}

char32_t code_point(std::string_view character) {
  constexpr std::array<unsigned char, 5> kFirstMask{0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t value = static_cast<unsigned char>(character.front()) & kFirstMask[character.size()];
  for (const char c : character.substr(1))
    value = value << 6 | (static_cast<unsigned char>(c) & 0x3Fu);
  return value;
}

bool all_above(std::string_view bytes) {
  constexpr unsigned char kFirstOfPairs = 0xA1;  // KS X 1001, GB 2312 and JIS begin there
  return std::ranges::all_of(bytes,
                             [](char c) { return static_cast<unsigned char>(c) >= kFirstOfPairs; });
}

// One character above ASCII in a set, as it stands once the set is active.
std::optional<std::string> encoded(const Term& set, std::string_view character) {
  const char32_t c = code_point(character);
  switch (set.shape) {
    case Shape::latin1:
      if (c < 0xA0 || c > 0xFF) return std::nullopt;
      return std::string(1, static_cast<char>(c));
    case Shape::katakana:
      if (c < kFirstKatakana || c > kLastKatakana) return std::nullopt;
      return std::string(1, static_cast<char>(0xA1 + (c - kFirstKatakana)));
    case Shape::single: {
      auto bytes = converted(set, character);
      if (!bytes || bytes->size() != 1) return std::nullopt;
      return bytes;
    }
    case Shape::pairs_above: {
      auto bytes = converted(set, character);
      if (!bytes || bytes->size() != 2 || !all_above(*bytes)) return std::nullopt;
      return bytes;
    }
    case Shape::pairs_below: {
      auto bytes = converted(set, character);
      if (!bytes || !bytes->starts_with(set.shift)) return std::nullopt;
      bytes->erase(0, set.shift.size());
      if (bytes->size() != 2 || !all_above(*bytes)) return std::nullopt;
      for (char& byte : *bytes) byte = static_cast<char>(byte & 0x7F);
      return bytes;
    }
    case Shape::ascii:
    case Shape::utf8:
    case Shape::whole:
      break;
  }
  return std::nullopt;
}

// PS3.5 6.1.2.5: the sets of `terms`, of which one is active below 128 (G0) and one above (G1). At
// each delimiter, and at the end, those of the first value are.
class Iso2022Writer {
 public:
  Iso2022Writer(std::vector<const Term*> terms, Vr vr)
      : terms_(std::move(terms)), is_name_(vr == Vr::PN), is_list_(info(vr).multi_valued) {
    const Term& first = *terms_.front();
    first_g0_ = first.shape == Shape::katakana ? &first : &term(6);
    const bool above = first.shape != Shape::ascii && first.shape != Shape::pairs_below;
    first_g1_ = above ? &first : nullptr;
    reset();
  }

  std::optional<std::string> write(std::string_view valid_utf8) {
    while (!valid_utf8.empty()) {
      const auto character = valid_utf8.substr(0, bytes_of_character_at(valid_utf8));
      valid_utf8.remove_prefix(character.size());
      const bool done = character.size() == 1 ? add_ascii(character.front()) : add(character);
      if (!done) return std::nullopt;
    }
    restore();
    return std::move(out_);
  }

 private:
  void reset() {
    g0_ = first_g0_;
    g1_ = first_g1_;
  }

  void escape(int Escape::*side, const Term& set) {
    const auto* found = std::ranges::find(kEscapes, set.number, side);
    (out_ += kEscape) += found->bytes;
  }

  void restore() {
    if (g0_ != first_g0_) escape(&Escape::g0, *first_g0_);
    if (first_g1_ != nullptr && g1_ != first_g1_) escape(&Escape::g1, *first_g1_);
    reset();
  }

  bool is_delimiter(char c) const {
    return (is_list_ && c == '\\') || (is_name_ && (c == '^' || c == '=')) || c == '\r' ||
           c == '\n' || c == '\f' || c == '\t';
  }

  bool add_ascii(char c) {
    if (is_delimiter(c)) {
      restore();
      out_ += c;
      return true;
    }
    if (g0_->shape == Shape::pairs_below) {
      escape(&Escape::g0, *first_g0_);
      g0_ = first_g0_;
    }
    if (g0_->shape == Shape::katakana && (c == '\\' || c == '~')) {  // other signs there
      const auto ascii = std::ranges::find(terms_, Shape::ascii, &Term::shape);
      if (ascii == terms_.end()) return false;
      escape(&Escape::g0, **ascii);
      g0_ = *ascii;
    }
    out_ += c;
    return true;
  }

  bool add(std::string_view character) {
    for (const Term* active : {static_cast<const Term*>(g1_), g0_}) {
      if (active == nullptr) continue;
      const auto bytes = encoded(*active, character);
      if (!bytes) continue;
      out_ += *bytes;
      return true;
    }
    if (g0_->shape == Shape::katakana && (character == kOverline || character == kYenSign)) {
      const bool is_overline = character == kOverline;
      if (!is_overline && is_list_) return false;  // it would be the delimiter
      out_ += is_overline ? '~' : '\\';
      return true;
    }
    for (const Term* set : terms_) {
      const auto bytes = encoded(*set, character);
      if (!bytes) continue;
      const bool below = set->shape == Shape::pairs_below;
      escape(below ? &Escape::g0 : &Escape::g1, *set);
      (below ? g0_ : g1_) = set;
      out_ += *bytes;
      return true;
    }
    return false;
  }

  const std::vector<const Term*> terms_;
  const bool is_name_, is_list_;
  const Term* first_g0_ = nullptr;
  const Term* first_g1_ = nullptr;
  const Term* g0_ = nullptr;
  const Term* g1_ = nullptr;
  std::string out_;
};

}  // namespace

std::optional<std::string> CharacterSet::from_utf8(std::string_view utf8, Vr vr) const {
  const Term& first = kTerms[count_ > 0 ? terms_[0] : kDefaultRow];
  if (is_ascii(utf8) && first.shape != Shape::katakana) return std::string(utf8);
  if (!info(vr).character_set) {
    if (!is_ascii(utf8)) return std::nullopt;
    return std::string(utf8);
  }
  if (count_ == 0 || !is_valid_utf8(utf8)) return std::nullopt;
  if (first.shape == Shape::utf8) return std::string(utf8);

  std::optional<std::string> bytes;
  if (first.shape == Shape::whole) {
    bytes = converted(first, utf8);
  } else {
    std::vector<const Term*> sets;
    for (std::uint8_t i = 0; i < count_; ++i) sets.push_back(&kTerms[terms_[i]]);
    bytes = Iso2022Writer(std::move(sets), vr).write(utf8);
  }
  // Where two tables of one set differ, in a sign or two, the reader would see another one.
  if (!bytes || to_utf8(*bytes, vr) != utf8) return std::nullopt;
  return bytes;
}

}  // namespace dcmfs
