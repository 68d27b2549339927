#include "store/find/moment_key.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "store/dicom/match.h"
#include "store/dicom/text.h"

namespace dcmfs {
namespace {

// clang-format off
constexpr std::array kPairs{
    MomentPair{tags::StudyDate,                       tags::StudyTime},
    MomentPair{tags::SeriesDate,                      tags::SeriesTime},
    MomentPair{tags::AcquisitionDate,                 tags::AcquisitionTime},
    MomentPair{tags::ContentDate,                     tags::ContentTime},
    MomentPair{tags::InstanceCreationDate,            tags::InstanceCreationTime},
    MomentPair{tags::PerformedProcedureStepStartDate, tags::PerformedProcedureStepStartTime},
    MomentPair{tags::ScheduledProcedureStepStartDate, tags::ScheduledProcedureStepStartTime},
};
// clang-format on

constexpr std::int64_t kMicrosecondsOfDay = 86'400'000'000;
constexpr int kDaysBetweenZones = 2;  // from -1200 to +1400

// "A-B", "A-", "-B" or "A" in its two ends.
struct Ends {
  std::string_view first, last;
  bool is_range = false;
};

Ends ends_of(std::string_view key) {
  const auto dash = key.find('-');
  if (dash == std::string_view::npos) return {key, key, false};
  return {trim(key.substr(0, dash)), trim(key.substr(dash + 1)), true};
}

bool same_form(const Ends& a, const Ends& b) {
  return a.is_range && b.is_range && a.first.empty() == b.first.empty() &&
         a.last.empty() == b.last.empty();
}

std::optional<Moments> moment(std::string_view date, std::string_view time,
                              std::string_view offset) {
  return parse_date_time(normalise_date(date) + normalise_time(time) + std::string(offset));
}

// From the moment of one end to that of the other.
std::optional<Moments> moments_between(const Ends& dates, const Ends& times,
                                       std::string_view offset) {
  Moments all;
  if (!dates.first.empty()) {
    const auto first = moment(dates.first, times.first, offset);
    if (!first) return std::nullopt;
    all.first = first->first;
  }
  if (!dates.last.empty()) {
    const auto last = moment(dates.last, times.last, offset);
    if (!last) return std::nullopt;
    all.last = last->last;
  }
  if (all.first > all.last) return std::nullopt;
  return all;
}

std::int64_t microseconds_of(std::string_view offset) {
  // The same moment by the clocks of both.
  const auto here = moment("20000101", "", offset), in_utc = moment("20000101", "", "+0000");
  return here && in_utc ? in_utc->first - here->first : 0;
}

// As parse_time() numbers them.
std::int64_t time_of_day(std::int64_t utc, std::int64_t offset) {
  constexpr std::int64_t kSecond = 1'000'000, kSixty = 60, kHundred = 100;
  std::int64_t of_day = (utc + offset) % kMicrosecondsOfDay;
  if (of_day < 0) of_day += kMicrosecondsOfDay;
  const std::int64_t seconds = of_day / kSecond;
  const std::int64_t hour = seconds / (kSixty * kSixty), minute = seconds / kSixty % kSixty;
  return ((hour * kHundred + minute) * kHundred + seconds % kSixty) * kSecond + of_day % kSecond;
}

bool contains(const std::vector<Moments>& ranges, std::int64_t at) {
  return ranges.empty() || std::ranges::any_of(ranges, [&](const Moments& range) {
           return range.first <= at && at <= range.last;
         });
}

std::string days_later(std::string_view date, int days) {
  using namespace std::chrono;
  const auto day = parse_date(date);
  if (!day) return {};
  constexpr std::int64_t kYear = 10'000, kMonth = 100;
  const year_month_day given{year(static_cast<int>(day->first / kYear)),
                             month(static_cast<unsigned>(day->first / kMonth % kMonth)),
                             std::chrono::day(static_cast<unsigned>(day->first % kMonth))};
  const year_month_day moved(sys_days(given) + std::chrono::days(days));
  const int y = static_cast<int>(moved.year());
  constexpr int kYearMax = 9999;
  if (y < 0 || y > kYearMax) return {};
  std::string digits = std::to_string(
      (std::int64_t{y} * kMonth + unsigned(moved.month())) * kMonth + unsigned(moved.day()));
  constexpr std::size_t kDigits = 8;
  return std::string(kDigits - std::min(kDigits, digits.size()), '0') + digits;
}

std::string widened(const Ends& dates, int days) {
  const std::string first = dates.first.empty() ? "" : days_later(dates.first, -days);
  const std::string last = dates.last.empty() ? "" : days_later(dates.last, days);
  return first.empty() && last.empty() ? "" : first + "-" + last;
}

// Where the zones turn the ends round, nothing is between them.
constexpr Moments kNoMoments{Moments::kOpenLast, Moments::kOpenFirst};

// Of a DT key, each end in its own zone or else in that of the request.
std::optional<Moments> range_in_zones(std::string_view key, std::string_view offset) {
  const std::string zoned = with_offset(key, offset);
  if (const auto range = parse_range(Vr::DT, zoned)) return range;
  const bool turned = is_reversed_range(Vr::DT, zoned) && !is_reversed_range(Vr::DT, key);
  return turned ? std::optional(kNoMoments) : std::nullopt;
}

}  // namespace

const MomentPair* find_moment_pair(Tag tag) {
  const auto found = std::ranges::find_if(
      kPairs, [&](const MomentPair& pair) { return pair.date == tag || pair.time == tag; });
  return found == kPairs.end() ? nullptr : &*found;
}

std::optional<MomentKey> MomentKey::of(const MomentPair& pair, const Asked& asked) {
  const Ends dates = ends_of(asked.date), times = ends_of(asked.time);
  const bool combines = asked.combined && same_form(dates, times);
  if (!combines && asked.offset.empty()) return std::nullopt;
  MomentKey key;
  key.of_ = pair;
  key.offset_ = asked.offset;
  key.needs_time_ = !asked.time.empty();
  const int days = asked.offset.empty() ? 0 : kDaysBetweenZones;
  if (!asked.date.empty()) {
    const auto between = moments_between(dates, combines ? times : Ends{}, asked.offset);
    if (!between) return std::nullopt;
    key.moments_.push_back(*between);
    key.dates_ = widened(dates, days);
  }
  if (!combines && !asked.time.empty()) {
    const auto range = parse_range(Vr::TM, asked.time);
    if (!range) return std::nullopt;
    key.times_.push_back(*range);
  }
  if (key.moments_.empty() && key.times_.empty()) return std::nullopt;
  return key;
}

std::optional<MomentKey> MomentKey::of(Tag date_time, std::string_view text,
                                       std::string_view offset) {
  // Without the space around its ends.
  if (with_offset(text, offset) == with_offset(text, "")) return std::nullopt;
  const auto range = range_in_zones(text, offset);
  if (!range) return std::nullopt;
  MomentKey key;
  key.of_.date = date_time;
  key.is_date_time_ = true;
  key.moments_.push_back(*range);
  key.offset_ = offset;
  return key;
}

bool MomentKey::matches(const ValueOf& value_of) const {
  std::string offset;
  if (!offset_.empty()) {
    offset = value_of(tags::TimezoneOffsetFromUTC).value_or("");
    if (offset.empty()) offset = offset_;
  }
  const std::string date = value_of(of_.date).value_or("");
  if (is_date_time_) {
    const auto at = parse_date_time(with_offset(date, offset));
    return at && contains(moments_, at->first);
  }
  const std::string time = value_of(of_.time).value_or("");
  if ((needs_time_ && time.empty()) || (!moments_.empty() && date.empty())) return false;
  // Without a time there is nothing that could be in a zone.
  if (time.empty()) offset = offset_;
  constexpr std::string_view kAnyDay = "20000101";
  const auto at = moment(date.empty() ? kAnyDay : date, time, offset);
  return at && contains(moments_, at->first) &&
         contains(times_, time_of_day(at->first, microseconds_of(offset_)));
}

std::string MomentKey::dates() const {
  return dates_;
}

}  // namespace dcmfs
