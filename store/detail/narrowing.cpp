#include "store/detail/narrowing.h"

#include <algorithm>
#include <iterator>

#include "store/detail/level_sql.h"
#include "store/dicom/text.h"

namespace dcmfs::detail {
namespace {

// As many values of a list are looked up one by one; a longer list scans.
constexpr std::size_t kValuesMax = 10'000;
constexpr std::size_t kLongPrefix = 3;  // bytes

bool has_index(const Attribute& attribute) {
  return attribute.search == Search::exact || is_unique_key(attribute);
}

Selectivity of_exact(const Attribute& attribute) {
  if (attribute.tag == tags::PatientID || attribute.tag == tags::AccessionNumber)
    return Selectivity::patient_or_accession;
  if (is_unique_key(attribute)) return Selectivity::identifier;
  if (attribute.tag == tags::Modality) return Selectivity::modality;
  return is_folded(attribute) ? Selectivity::text : Selectivity::day;
}

// Of a range that is not one value. Ranges of dates and beginnings of text are told apart by
// what is folded: no date is.
Selectivity of_range(const Attribute& attribute, const Matcher::Bounds& bounds) {
  if (is_folded(attribute))
    return bounds.low.size() >= kLongPrefix ? Selectivity::long_prefix : Selectivity::short_prefix;
  if (attribute.tag == tags::Modality) return Selectivity::modality;
  return bounds.low.empty() || bounds.high.empty() ? Selectivity::open_days : Selectivity::days;
}

std::optional<Narrowing> by_values(const Attribute& attribute, std::vector<std::string> values) {
  if (values.empty() || values.size() > kValuesMax) return std::nullopt;
  if (has_index(attribute))
    return Narrowing{of_exact(attribute), column(attribute) + " IN (", ", ", ")",
                     std::move(values)};
  if (!is_folded(attribute)) return std::nullopt;
  std::ranges::transform(values, values.begin(), [](const auto& value) { return fold(value); });
  return Narrowing{of_exact(attribute), folded_column(attribute) + " IN (", ", ", ")",
                   std::move(values)};
}

std::optional<Narrowing> by_bounds(const Attribute& attribute, const Matcher::Bounds& bounds) {
  if (bounds.folded ? !is_folded(attribute) : !has_index(attribute)) return std::nullopt;
  const std::string of = bounds.folded ? folded_column(attribute) : column(attribute);
  if (bounds.exact) return Narrowing{of_exact(attribute), of + " = ", "", "", {bounds.low}};
  const auto selectivity = of_range(attribute, bounds);
  if (bounds.high.empty()) return Narrowing{selectivity, of + " >= ", "", "", {bounds.low}};
  return Narrowing{selectivity, of + " >= ", " AND " + of + " < ", "", {bounds.low, bounds.high}};
}

// PS3.4 C.2.2.2.4 wildcards at both ends. In quotation marks it is a phrase to FTS5, whatever it
// is.
std::optional<Narrowing> by_letters(const Attribute& attribute, const Matcher& matcher) {
  if (attribute.search != Search::letters) return std::nullopt;
  const auto letters = matcher.infix();
  if (!letters) return std::nullopt;
  std::string phrase = "\"";
  for (const char c : *letters) phrase.append(c == '"' ? 2 : 1, c);
  phrase += '"';
  const std::string of(table(attribute.level)), letters_of = trigram_table(attribute.level);
  return Narrowing{
      Selectivity::letters,
      of + ".id IN (SELECT rowid FROM " + letters_of + " WHERE " + letters_of + " MATCH ",
      "",
      ")",
      {std::move(phrase)}};
}

}  // namespace

std::optional<Narrowing> narrowing(const Attribute& attribute, const Matcher& matcher) {
  std::optional<Narrowing> best = by_values(attribute, matcher.exact_values());
  const auto consider = [&best](std::optional<Narrowing> other) {
    if (other && (!best || other->selectivity < best->selectivity)) best = std::move(other);
  };
  if (const auto bounds = matcher.bounds()) consider(by_bounds(attribute, *bounds));
  consider(by_letters(attribute, matcher));
  return best;
}

}  // namespace dcmfs::detail
