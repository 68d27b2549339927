#pragma once
// DA, TM and DT as numbers that compare as the moments they name (PS3.5 6.2,
// PS3.4 C.2.2.2.1.3: matched by their meaning, not as literal strings).
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "store/dicom/tag.h"

namespace dcmfs {

// All moments that a value of limited precision may mean: "07" is from 070000 to 075960.999999.
// The numbers are only comparable within one VR: DA 20040119; TM 72730500000 (HHMMSS and
// microseconds); DT microseconds since 1970 in UTC.
struct Moments {
  static constexpr std::int64_t kOpenFirst = std::numeric_limits<std::int64_t>::min();
  static constexpr std::int64_t kOpenLast = std::numeric_limits<std::int64_t>::max();

  std::int64_t first = kOpenFirst, last = kOpenLast;
};

// The formats of ACR-NEMA, "1995.09.03" and "07:27:30", are understood. A DT without an
// offset is taken for UTC. nullopt: not of that VR.
std::optional<Moments> parse_date(std::string_view);
std::optional<Moments> parse_time(std::string_view);
std::optional<Moments> parse_date_time(std::string_view);
std::optional<Moments> parse_moments(Vr, std::string_view);  // the one of these for the VR

// "A", "A-B", "A-" or "-B" (PS3.4 C.2.2.2.5) of a DA, TM or DT. nullopt: none of them, or B is
// before A.
std::optional<Moments> parse_range(Vr, std::string_view);
// "A-B" where B is before A: for itself no range.
bool is_reversed_range(Vr, std::string_view);

// A DT or a range of them with `offset` ("+0100") at each end that has none of its own.
std::string with_offset(std::string_view date_time, std::string_view offset);

// Strings of which every normalised value (store/dicom/match.h) of a moment in [first, last] is
// at or after `low` and before `high`; "" is open.
struct TextRange {
  std::string low, high;
};
TextRange text_range(Vr, const Moments&);

}  // namespace dcmfs
