#include "store/dicom/date_shift.h"

#include <chrono>
#include <cstdio>

#include "store/dicom/text.h"
#include "store/number.h"

namespace dcmfs {
namespace {

constexpr std::size_t kDayDigits = 8;  // YYYYMMDD

std::optional<std::string> shifted_date(std::string_view text, int days) {
  using namespace std::chrono;
  if (text.size() < kDayDigits) return std::nullopt;
  const auto y = parse_whole<unsigned>(text.substr(0, 4));
  const auto m = parse_whole<unsigned>(text.substr(4, 2));
  const auto d = parse_whole<unsigned>(text.substr(6, 2));
  if (!y || !m || !d) return std::nullopt;
  const year_month_day date(year(static_cast<int>(*y)), month(*m), day(*d));
  if (!date.ok()) return std::nullopt;
  const year_month_day moved = sys_days(date) + std::chrono::days(days);
  const int moved_year = static_cast<int>(moved.year());
  if (moved_year < 1 || moved_year > 9999) return std::nullopt;
  char digits[16];
  std::snprintf(digits, sizeof digits, "%04d%02u%02u", moved_year,
                static_cast<unsigned>(moved.month()), static_cast<unsigned>(moved.day()));
  return std::string(digits, kDayDigits).append(text.substr(kDayDigits));
}

}  // namespace

std::optional<std::string> shifted_dates(Vr vr, std::string_view value, int days) {
  std::string all;
  bool is_first = true;
  for (const std::string_view part : split(value, '\\')) {
    const std::string_view text = trim(part);
    if (!is_first) all += '\\';
    is_first = false;
    if (text.empty()) continue;
    if (vr == Vr::DA && text.size() != kDayDigits) return std::nullopt;
    const auto shifted = shifted_date(text, days);
    if (!shifted) return std::nullopt;
    all += *shifted;
  }
  return all;
}

}  // namespace dcmfs
