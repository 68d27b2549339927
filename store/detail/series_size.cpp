#include "store/detail/series_size.h"

#include <algorithm>

#include "store/dicom/text.h"
#include "store/number.h"

namespace dcmfs::detail {
namespace {

// So much that a product of two is none too large.
constexpr std::int64_t kNumberMax = 1'000'000'000;

// IS (PS3.5 6.2): one value, with spaces around it and perhaps a plus sign.
std::optional<std::int64_t> number_of(const Text& text) {
  if (!text) return std::nullopt;
  std::string_view digits = trim(*text);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const auto number = parse_whole<std::int64_t>(digits);
  return number && *number >= -kNumberMax && *number <= kNumberMax ? number : std::nullopt;
}

std::optional<std::int64_t> product(const Text& a, const Text& b) {
  const auto first = number_of(a), second = number_of(b);
  if (!first || !second) return std::nullopt;
  return *first * *second;
}

}  // namespace

std::optional<std::int64_t> expected_instances(std::span<const Text, 5> texts) {
  auto expected = product(texts[0], texts[1]);
  if (!expected) expected = product(texts[2], texts[3]);
  if (!expected) expected = number_of(texts[4]);
  return expected && *expected > 0 ? expected : std::nullopt;
}

std::optional<std::int64_t> index_in_series(std::span<const Text, 2> texts) {
  if (const auto instance = number_of(texts[0])) return instance;
  return number_of(texts[1]);
}

SeriesStatus series_status(std::optional<std::int64_t> expected,
                           const std::vector<std::optional<std::int64_t>>& indexes) {
  if (!expected) return SeriesStatus::unknown;
  std::vector<std::int64_t> seen;
  for (const auto& index : indexes) {
    if (!index) return SeriesStatus::unknown;
    seen.push_back(*index);
  }
  std::ranges::sort(seen);
  const bool twice = std::ranges::adjacent_find(seen) != seen.end();
  const bool outside = !seen.empty() && (seen.front() < 1 || seen.back() > *expected);
  if (twice || outside) return SeriesStatus::inconsistent;
  return static_cast<std::int64_t>(seen.size()) == *expected ? SeriesStatus::complete
                                                             : SeriesStatus::missing;
}

}  // namespace dcmfs::detail
