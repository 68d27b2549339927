#include "store/dicom/match.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "store/dicom/dataset.h"
#include "store/dicom/number_text.h"
#include "store/dicom/person_name.h"
#include "store/dicom/text.h"

namespace dcmfs {
namespace {

constexpr std::size_t kInfixLettersMin = 3;  // what a trigram index can look up

// How the values of a VR compare.
enum class Way : std::uint8_t { text, name, uid, moment, number, not_at_all };

Way way_of(Vr vr) {
  switch (vr) {
    case Vr::PN:
      return Way::name;
    case Vr::UI:
      return Way::uid;
    case Vr::DA:
    case Vr::DT:
    case Vr::TM:
      return Way::moment;
    case Vr::DS:
    case Vr::FD:
    case Vr::FL:
    case Vr::IS:
    case Vr::SL:
    case Vr::SS:
    case Vr::SV:
    case Vr::UL:
    case Vr::US:
    case Vr::UV:
      return Way::number;
    case Vr::AE:
    case Vr::AS:
    case Vr::AT:
    case Vr::CS:
    case Vr::LO:
    case Vr::LT:
    case Vr::SH:
    case Vr::ST:
    case Vr::UC:
    case Vr::UN:  // of tags that the dictionary does not know: what is searched there is text
    case Vr::UR:
    case Vr::UT:
      return Way::text;
    case Vr::OB:
    case Vr::OD:
    case Vr::OF:
    case Vr::OL:
    case Vr::OV:
    case Vr::OW:
    case Vr::SQ:
      return Way::not_at_all;
  }
  return Way::not_at_all;
}

std::string_view expectation(Vr vr) {
  switch (vr) {
    case Vr::DA:
      return "a date is YYYYMMDD, or a range A-B, A- or -B of them";
    case Vr::TM:
      return "a time is HHMMSS.FFFFFF or less of it, or a range A-B, A- or -B of them";
    case Vr::DT:
      return "a date and time is YYYYMMDDHHMMSS.FFFFFF+ZZZZ or less of it, or a range A-B, A- or "
             "-B of them";
    case Vr::UI:
      return "a UID has no wildcards";
    case Vr::SQ:
      return "a sequence is matched by its items";
    default:
      return way_of(vr) == Way::number ? "a number is expected" : "binary values cannot be matched";
  }
}

// Leading spaces mean something in LT, ST, UT and UR (PS3.5 6.2), which also are single values.
std::string_view trim_value(std::string_view value, Vr vr) {
  return info(vr).multi_valued ? trim(value) : trim_right(value);
}

// fold(), without a new string for short ASCII text, which is nearly all there is.
class Folded {
 public:
  explicit Folded(std::string_view text) {
    if (text.size() <= buffer_.size() && is_ascii(text)) {
      std::transform(text.begin(), text.end(), buffer_.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
      });
      view_ = std::string_view(buffer_.data(), text.size());
    } else {
      long_ = fold(text);
      view_ = long_;
    }
  }
  Folded(const Folded&) = delete;
  Folded& operator=(const Folded&) = delete;
  std::string_view view() const { return view_; }

 private:
  std::array<char, 128> buffer_;
  std::string long_;
  std::string_view view_;
};

std::size_t bytes_of_character(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

// What comes after every text that begins with `prefix`. UTF-8 has no byte 0xFF.
std::string after_all_with(std::string prefix) {
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

// The narrowest range around both.
TextRange hull(const TextRange& a, const TextRange& b) {
  TextRange both;
  both.low = std::min(a.low, b.low);
  if (!a.high.empty() && !b.high.empty()) both.high = std::max(a.high, b.high);
  return both;
}

// What every value that this alternative matches begins with. A '^' at the end may be missing
// there.
std::string prefix_of(std::string_view key, Way way) {
  if (way != Way::name) return std::string(key.substr(0, key.find_first_of("*?")));
  if (!is_ascii(key) && key.find('=') == std::string_view::npos) return {};  // any group may match
  return std::string(trim_name_group(key.substr(0, key.find_first_of("*?="))));
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// The longest literal piece of a pattern. Those of a name may lack '^' and spaces at their ends.
std::string longest_piece(std::string_view pattern, Way way) {
  std::string_view longest;
  while (!pattern.empty()) {
    auto piece = pattern.substr(0, pattern.find_first_of(way == Way::name ? "*?=" : "*?"));
    pattern.remove_prefix(std::min(piece.size() + 1, pattern.size()));
    if (way == Way::name) {
      piece = trim_name_group(piece);
      piece.remove_prefix(std::min(piece.find_first_not_of("^ "), piece.size()));
    }
    if (count_characters(piece) > count_characters(longest)) longest = piece;
  }
  return std::string(longest);
}

}  // namespace

bool has_wildcard(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

bool matches_wildcard(std::string_view pattern, std::string_view text) {
  // After a '*' that took too little, it takes one character more; earlier ones need not be tried
  // again.
  constexpr auto kNone = std::string_view::npos;
  std::size_t p = 0, t = 0, star = kNone, star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t = std::min(t + bytes_of_character(text[t]), text.size());
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != kNone) {
      p = star + 1;
      star_text = std::min(star_text + bytes_of_character(text[star_text]), text.size());
      t = star_text;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == kNone;
}

std::optional<std::string> text_to_match(const Dataset& dataset, Tag tag) {
  const Element* element = dataset.find(tag);
  if (element == nullptr || element->vr != Vr::UN) return dataset.text(tag);
  return std::string(trim(dataset.character_set.to_utf8(element->value, Vr::UN)));
}

Result<Matcher> Matcher::parse(Tag tag, std::string_view key, MatchRules rules) {
  auto matcher = parse(vr_of(tag), key, rules);
  if (matcher) return matcher;
  const auto keyword = keyword_of(tag);
  return std::move(matcher).error().in(keyword.empty() ? to_string(tag) : keyword);
}

Result<Matcher> Matcher::parse(Vr vr, std::string_view key, MatchRules rules) {
  Matcher matcher;
  matcher.vr_ = vr;
  matcher.rules_ = rules;

  const bool is_list = vr == Vr::UI || (rules.lists && info(vr).multi_valued);
  std::vector<std::string> keys;
  for (const auto part : is_list ? split(key, '\\') : std::vector{key}) {
    const auto value = trim_value(part, vr);
    if (value.empty()) continue;
    // PS3.4 C.2.2.2.4 note 1: "*" is universal matching.
    if (!rules.literal && value.find_first_not_of('*') == std::string_view::npos) return matcher;
    keys.push_back(to_nfc(value));
  }
  if (keys.empty()) return matcher;  // PS3.4 C.2.2.2.3
  if (!rules.literal && keys.size() == 1 && keys.front() == "\"\"") {
    matcher.kind_ = EmptyValue{};
    return matcher;
  }
  DCMFS_TRY(matcher.kind_, parse_kind(vr, keys, rules));
  return matcher;
}

Result<Matcher::Kind> Matcher::parse_kind(Vr vr, const std::vector<std::string>& keys,
                                          const MatchRules& rules) {
  const auto refuse = [vr] { return Error{Errc::invalid_argument, std::string(expectation(vr))}; };
  const bool wild = std::any_of(keys.begin(), keys.end(), has_wildcard);
  switch (way_of(vr)) {
    case Way::not_at_all:
      return refuse();
    case Way::moment: {
      Ranges kind;
      for (const auto& key : keys) {
        const auto range = parse_range(vr, key);
        if (!range) return refuse();
        kind.ranges.push_back(*range);
      }
      return Kind(std::move(kind));
    }
    case Way::number: {
      Numbers kind;
      for (const auto& key : keys) {
        const auto number = parse_decimal(key);
        if (!number) return refuse();
        kind.numbers.push_back(*number);
      }
      return Kind(std::move(kind));
    }
    case Way::uid:
      if (wild) return refuse();
      return Kind(OneOf{keys});
    case Way::name: {
      std::vector<std::string> names;
      Fuzzy fuzzy;
      for (const auto& key : keys) {
        auto name = normalise_name_key(key);
        if (rules.fuzzy_names || !rules.exact_names) name = fold(name);
        if (name.find_first_not_of("*=") == std::string::npos) return Kind(Universal{});
        fuzzy.names.push_back(fuzzy_words(name));
        names.push_back(std::move(name));
      }
      if (rules.fuzzy_names) return Kind(std::move(fuzzy));
      if (wild) return Kind(Wildcard{std::move(names)});
      return Kind(OneOf{std::move(names)});
    }
    case Way::text:
      break;
  }
  auto texts = keys;
  if (rules.ignore_case) std::transform(keys.begin(), keys.end(), texts.begin(), fold);
  if (wild && !rules.literal && vr != Vr::AS && vr != Vr::AT)
    return Kind(Wildcard{std::move(texts)});
  return Kind(OneOf{std::move(texts)});
}

bool Matcher::is_found_folded() const {
  const auto way = way_of(vr_);
  return way == Way::name || (way == Way::text && rules_.ignore_case);
}

bool Matcher::folds() const {
  const bool exact = way_of(vr_) == Way::name && rules_.exact_names && !rules_.fuzzy_names;
  return is_found_folded() && !exact;
}

bool Matcher::universal() const {
  return std::holds_alternative<Universal>(kind_);
}

bool Matcher::matches(std::optional<std::string_view> stored) const {
  if (universal()) return true;
  if (std::holds_alternative<EmptyValue>(kind_))
    return !stored || (vr_ == Vr::PN ? trim_name_group(*stored) : trim(*stored)).empty();
  if (!stored) return false;
  // PS3.4 C.2.2.3: an attribute matches if any of its values does.
  auto rest = *stored;
  while (info(vr_).multi_valued) {
    const auto end = rest.find('\\');
    if (end == std::string_view::npos) break;
    if (matches_value(trim_value(rest.substr(0, end), vr_))) return true;
    rest.remove_prefix(end + 1);
  }
  return matches_value(trim_value(rest, vr_));
}

bool Matcher::matches_text(std::string_view text) const {
  const bool is_name = vr_ == Vr::PN;
  if (const auto* kind = std::get_if<Wildcard>(&kind_))
    return std::any_of(kind->patterns.begin(), kind->patterns.end(), [&](const auto& pattern) {
      return is_name ? matches_name(pattern, text) : matches_wildcard(pattern, text);
    });
  if (const auto* kind = std::get_if<OneOf>(&kind_))
    return std::any_of(kind->values.begin(), kind->values.end(), [&](const auto& one) {
      return is_name ? matches_name(one, text) : one == text;
    });
  const auto& names = std::get<Fuzzy>(kind_).names;
  return std::any_of(names.begin(), names.end(),
                     [&](const auto& words) { return matches_fuzzily(words, text); });
}

bool Matcher::matches_value(std::string_view value) const {
  if (folds()) return matches_text(Folded(value).view());
  if (const auto* kind = std::get_if<Numbers>(&kind_)) {
    const auto number = parse_decimal(value);
    return number &&
           std::find(kind->numbers.begin(), kind->numbers.end(), *number) != kind->numbers.end();
  }
  const auto* kind = std::get_if<Ranges>(&kind_);
  if (!kind) return matches_text(value);
  const auto moments = parse_moments(vr_, value);
  return moments &&
         std::any_of(kind->ranges.begin(), kind->ranges.end(), [&](const Moments& range) {
           return range.first <= moments->first && moments->first <= range.last;
         });
}

std::optional<Matcher::Bounds> Matcher::bounds() const {
  std::optional<TextRange> range;
  const auto widen = [&range](TextRange more) {
    range = range ? hull(std::move(*range), std::move(more)) : std::move(more);
  };
  const auto way = way_of(vr_);
  bool exact = false;
  if (const auto* ranges = std::get_if<Ranges>(&kind_)) {
    for (const auto& moments : ranges->ranges) widen(text_range(vr_, moments));
    // Only a DA has one normal form.
    const auto& one = ranges->ranges.front();
    exact = vr_ == Vr::DA && ranges->ranges.size() == 1 && one.first == one.last;
  } else if (const auto* kind = std::get_if<OneOf>(&kind_); kind && way != Way::name) {
    for (const auto& value : kind->values) widen({value, value + '\0'});
    exact = kind->values.size() == 1;
  } else {
    const auto* wildcard = std::get_if<Wildcard>(&kind_);
    if (!kind && !wildcard) return std::nullopt;
    for (const auto& key : kind ? kind->values : wildcard->patterns) {
      auto prefix = prefix_of(key, way);
      if (way == Way::name && !folds()) prefix = fold(prefix);
      if (prefix.empty()) return std::nullopt;
      auto high = after_all_with(prefix);
      widen({std::move(prefix), std::move(high)});
    }
  }
  if (range->low.empty() && range->high.empty()) return std::nullopt;
  return Bounds{std::move(range->low), std::move(range->high), is_found_folded(), exact};
}

std::vector<std::string> Matcher::exact_values() const {
  const auto* kind = std::get_if<OneOf>(&kind_);
  if (!kind || is_found_folded()) return {};
  return kind->values;
}

std::optional<std::string> Matcher::infix() const {
  if (!is_found_folded()) return std::nullopt;
  std::string piece;
  const auto way = way_of(vr_);
  if (const auto* one_of = std::get_if<OneOf>(&kind_); one_of && one_of->values.size() == 1) {
    piece = way == Way::name ? longest_piece(one_of->values.front(), way) : one_of->values.front();
  } else if (const auto* wild = std::get_if<Wildcard>(&kind_); wild && wild->patterns.size() == 1) {
    piece = longest_piece(wild->patterns.front(), way);
  } else if (const auto* fuzzy = std::get_if<Fuzzy>(&kind_); fuzzy && fuzzy->names.size() == 1) {
    for (const auto& word : fuzzy->names.front())
      if (auto literal = longest_piece(word, way); literal.size() > piece.size())
        piece = std::move(literal);
  }
  if (!folds()) piece = fold(piece);
  if (count_characters(piece) < kInfixLettersMin) return std::nullopt;
  return piece;
}

std::string normalise_value(Vr vr, std::string_view utf8) {
  if (vr != Vr::DA && vr != Vr::TM) return to_nfc(utf8);
  std::string values;
  for (const auto value : split(utf8, '\\')) {
    values += vr == Vr::DA ? normalise_date(value) : normalise_time(value);
    values += '\\';
  }
  values.pop_back();
  return values;
}

}  // namespace dcmfs
