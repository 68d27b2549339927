#include "store/dicom/date_time.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "store/dicom/match.h"
#include "store/dicom/text.h"
#include "store/number.h"

namespace dcmfs {
namespace {

constexpr std::int64_t kSecond = 1'000'000;  // in microseconds
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::size_t kFractionDigits = 6;
constexpr int kYearMax = 9999;
constexpr int kOffsetHoursMax = 14;  // PS3.5 6.2: from -1200 to +1400

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes digits off the front of a text.
class Digits {
 public:
  explicit Digits(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
  std::string_view rest() const { return rest_; }
  void skip() { rest_.remove_prefix(1); }

  std::optional<int> number(std::size_t digits, int low, int high) {
    if (rest_.size() < digits) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (!is_digit(c)) return std::nullopt;
      value = value * 10 + (c - '0');
    }
    if (value < low || value > high) return std::nullopt;
    rest_.remove_prefix(digits);
    return value;
  }

  // "5" is half a second, from 500000 to 599999 microseconds. Digits beyond six say nothing.
  std::optional<Moments> fraction() {
    std::int64_t first = 0, unit = kSecond;
    std::size_t count = 0;
    for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1), ++count) {
      if (count >= kFractionDigits) continue;
      unit /= 10;
      first += (rest_.front() - '0') * unit;
    }
    if (count == 0) return std::nullopt;
    return Moments{first, first + unit - 1};
  }

 private:
  std::string_view rest_;
};

struct TimeOfDay {
  int hour = 0, minute = 0, second = 0;
  Moments fraction{0, kSecond - 1};
  int parts = 0;  // how many of hour, minute, second and fraction are written
};

// From `digits` as many as there are; nullopt if one is out of its range.
std::optional<TimeOfDay> take_time(Digits& digits, char separator) {
  TimeOfDay time;
  struct Part {
    int* value;
    int max;
  };
  const Part parts[] = {{&time.hour, 23}, {&time.minute, 59}, {&time.second, 60}};
  for (const auto& part : parts) {
    if (time.parts > 0 && separator != '\0' && digits.next_is(separator)) digits.skip();
    if (digits.at_end() || !is_digit(digits.rest().front())) break;
    const auto value = digits.number(2, 0, part.max);
    if (!value) return std::nullopt;
    *part.value = *value;
    ++time.parts;
  }
  if (time.parts == 3 && digits.next_is('.')) {
    digits.skip();
    const auto fraction = digits.fraction();
    if (!fraction) return std::nullopt;
    time.fraction = *fraction;
    ++time.parts;
  }
  return time;
}

std::int64_t time_number(int hour, int minute, int second, std::int64_t microseconds) {
  return ((hour * 100 + minute) * std::int64_t{100} + second) * kSecond + microseconds;
}

// "+0100" in microseconds. Takes nothing if it is none.
std::optional<std::int64_t> take_offset(Digits& digits) {
  auto rest = digits;
  if (!rest.next_is('+') && !rest.next_is('-')) return std::nullopt;
  const int sign = rest.next_is('-') ? -1 : 1;
  rest.skip();
  const auto hours = rest.number(2, 0, kOffsetHoursMax);
  const auto minutes = rest.number(2, 0, 59);
  if (!hours || !minutes) return std::nullopt;
  digits = rest;
  return sign * (*hours * kHour + *minutes * kMinute);
}

std::int64_t start_of_month(int year, int month) {
  using namespace std::chrono;
  const sys_days day =
      std::chrono::year{year} / std::chrono::month(static_cast<unsigned>(month)) / 1;
  return duration_cast<microseconds>(day.time_since_epoch()).count();
}

// Where the '-' of a range stands. In a DT one may begin an offset: four digits that are one
// are taken for one, because as a year they would end the range before 1400 A.D.
std::optional<std::size_t> find_range_mark(Vr vr, std::string_view text) {
  for (auto at = text.find('-'); at != std::string_view::npos; at = text.find('-', at + 1)) {
    if (vr != Vr::DT || at == 0) return at;
    Digits digits(text.substr(at));
    const bool is_offset = take_offset(digits).has_value();
    const auto rest = trim(digits.rest());
    if (!is_offset || (!rest.empty() && rest.front() != '-')) return at;
    if (rest.empty()) return std::nullopt;
    return text.size() - digits.rest().size() + digits.rest().find('-');
  }
  return std::nullopt;
}

// One DT, which ends with its offset, if it has one.
std::string end_with_offset(std::string_view date_time, std::string_view offset) {
  std::string text(trim(date_time));
  Digits digits(std::string_view(text).substr(std::min(text.find_first_of("+-"), text.size())));
  const bool has_its_own = take_offset(digits) && digits.at_end();
  if (!text.empty() && !has_its_own) text += offset;
  return text;
}

// The first moment of the one and the last of the other end, in whichever order they are.
std::optional<Moments> parse_ends(Vr vr, std::string_view text) {
  text = trim(text);
  const auto mark = find_range_mark(vr, text);
  if (!mark) return parse_moments(vr, text);

  const auto before = trim(text.substr(0, *mark));
  const auto after = trim(text.substr(*mark + 1));
  if (before.empty() && after.empty()) return std::nullopt;
  Moments range;
  if (!before.empty()) {
    const auto first = parse_moments(vr, before);
    if (!first) return std::nullopt;
    range.first = first->first;
  }
  if (!after.empty()) {
    const auto last = parse_moments(vr, after);
    if (!last) return std::nullopt;
    range.last = last->last;
  }
  return range;
}

// HHMMSS.FFFFFF
std::string time_text(std::int64_t number) {
  return zero_padded(number / kSecond, 6) + "." + zero_padded(number % kSecond, 6);
}

int year_of(std::int64_t microseconds) {
  using namespace std::chrono;
  const sys_time<std::chrono::microseconds> moment{std::chrono::microseconds(microseconds)};
  return static_cast<int>(year_month_day(floor<days>(moment)).year());
}

TextRange time_range(const Moments& moments) {
  TextRange range;
  if (moments.first != Moments::kOpenFirst) {
    // Of the ways to write a moment the shortest sorts first: 07 before 0700 and 070000.0.
    range.low = time_text(moments.first);
    range.low.resize(std::max<std::size_t>(range.low.find_last_not_of("0.") + 1, 2));
    if (range.low.size() < 6 && range.low.size() % 2 != 0) range.low += '0';
  }
  // After every way to write the last one, digits beyond the microseconds included.
  if (moments.last != Moments::kOpenLast) range.high = time_text(moments.last) + ":";
  return range;
}

// By years only: the text of a moment depends on the offset it is written with.
TextRange date_time_range(const Moments& moments) {
  TextRange range;
  if (moments.first != Moments::kOpenFirst)
    range.low = zero_padded(year_of(moments.first - kDay), 4);
  if (moments.last == Moments::kOpenLast) return range;
  const int last = year_of(moments.last + kDay);
  if (last <= kYearMax) range.high = zero_padded(last, 4) + ":";
  return range;
}

}  // namespace

std::optional<Moments> parse_date(std::string_view text) {
  Digits digits(trim(text));
  const auto year = digits.number(4, 1, kYearMax);
  if (!year) return std::nullopt;
  const bool dotted = digits.next_is('.');
  if (dotted) digits.skip();
  const auto month = digits.number(2, 1, 12);
  if (!month || dotted != digits.next_is('.')) return std::nullopt;
  if (dotted) digits.skip();
  const auto day = digits.number(2, 1, 31);
  if (!day || !digits.at_end()) return std::nullopt;
  const std::int64_t number = (*year * 100 + *month) * 100 + *day;
  return Moments{number, number};
}

std::optional<Moments> parse_time(std::string_view text) {
  Digits digits(trim(text));
  const auto time = take_time(digits, ':');
  if (!time || time->parts == 0 || !digits.at_end()) return std::nullopt;
  const auto& [hour, minute, second, fraction, parts] = *time;
  return Moments{
      time_number(hour, minute, second, fraction.first),
      time_number(hour, parts > 1 ? minute : 59, parts > 2 ? second : 60, fraction.last)};
}

std::optional<Moments> parse_date_time(std::string_view text) {
  Digits digits(trim(text));
  const auto year = digits.number(4, 1, kYearMax);
  if (!year) return std::nullopt;
  const auto more = [&] { return !digits.at_end() && is_digit(digits.rest().front()); };

  Moments moments{start_of_month(*year, 1), start_of_month(*year + 1, 1) - 1};
  if (more()) {
    const auto month = digits.number(2, 1, 12);
    if (!month) return std::nullopt;
    moments = {start_of_month(*year, *month),
               start_of_month(*year + *month / 12, *month % 12 + 1) - 1};
  }
  if (more()) {
    const auto day = digits.number(2, 1, 31);
    if (!day) return std::nullopt;
    const auto time = take_time(digits, '\0');
    if (!time) return std::nullopt;
    moments.first +=
        (*day - 1) * kDay + time->hour * kHour + time->minute * kMinute + time->second * kSecond;
    static constexpr std::int64_t kPrecisions[] = {kDay, kHour, kMinute, kSecond, kSecond};
    moments.last = moments.first + kPrecisions[time->parts] - 1;
    if (time->parts == 4) {
      moments.last = moments.first + time->fraction.last;
      moments.first += time->fraction.first;
    }
  }
  if (const auto offset = take_offset(digits)) {
    moments.first -= *offset;
    moments.last -= *offset;
  }
  if (!digits.at_end()) return std::nullopt;
  return moments;
}

std::optional<Moments> parse_moments(Vr vr, std::string_view text) {
  switch (vr) {
    case Vr::DA:
      return parse_date(text);
    case Vr::TM:
      return parse_time(text);
    case Vr::DT:
      return parse_date_time(text);
    default:
      return std::nullopt;
  }
}

std::optional<Moments> parse_range(Vr vr, std::string_view text) {
  const auto range = parse_ends(vr, text);
  return range && range->first <= range->last ? range : std::nullopt;
}

bool is_reversed_range(Vr vr, std::string_view text) {
  const auto range = parse_ends(vr, text);
  return range && range->first > range->last;
}

std::string with_offset(std::string_view date_time, std::string_view offset) {
  const auto text = trim(date_time);
  const auto mark = find_range_mark(Vr::DT, text);
  if (!mark) return end_with_offset(text, offset);
  return end_with_offset(text.substr(0, *mark), offset) + "-" +
         end_with_offset(text.substr(*mark + 1), offset);
}

TextRange text_range(Vr vr, const Moments& moments) {
  if (vr == Vr::TM) return time_range(moments);
  if (vr == Vr::DT) return date_time_range(moments);
  TextRange range;
  if (moments.first != Moments::kOpenFirst) range.low = zero_padded(moments.first, 8);
  if (moments.last != Moments::kOpenLast) range.high = zero_padded(moments.last + 1, 8);
  return range;
}

std::string normalise_date(std::string_view text) {
  const auto date = parse_date(text);
  return date ? zero_padded(date->first, 8) : std::string(text);
}

std::string normalise_time(std::string_view text) {
  if (!parse_time(text)) return std::string(text);
  std::string time(trim(text));
  std::erase(time, ':');
  return time;
}

}  // namespace dcmfs
