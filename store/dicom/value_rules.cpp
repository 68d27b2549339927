#include "store/dicom/value_rules.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "store/dicom/date_shift.h"
#include "store/dicom/date_time.h"
#include "store/dicom/number_text.h"
#include "store/dicom/text.h"
#include "store/dicom/transfer_syntax.h"

namespace dcmfs {
namespace {

constexpr std::string_view kDigits = "0123456789";

bool only(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_code_string(std::string_view text) {
  return only(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _");
}

bool is_age(std::string_view text) {
  return text.size() == 4 && only(text.substr(0, 3), kDigits) && only(text.substr(3), "DWMY");
}

// The form of today, not those of ACR-NEMA, which readers still understand.
bool is_date(std::string_view text) {
  return only(text, kDigits) && shifted_dates(Vr::DA, text, 0).has_value();
}
bool is_time(std::string_view text) {
  return only(text, "0123456789.") && parse_time(text).has_value();
}
bool is_date_time(std::string_view text) {
  const bool has_day = text.find_first_of(".+-") >= 8 && text.size() >= 8;
  return only(text, "0123456789.+-") && parse_date_time(text).has_value() &&
         (!has_day || shifted_dates(Vr::DT, text, 0).has_value());
}

bool is_integer_string(std::string_view text) {
  const auto number = parse_integer(text);
  return number && only(text, "0123456789+-") && *number >= INT32_MIN && *number <= INT32_MAX;
}
bool is_decimal_string(std::string_view text) {
  return only(text, "0123456789+-.eE") && parse_decimal(text).has_value();
}

// PS3.5 6.2.1.1: three groups of five components.
bool is_person_name(std::string_view text) {
  const auto groups = split(text, '=');
  return groups.size() <= 3 && std::ranges::all_of(groups, [](std::string_view group) {
           return std::ranges::count(group, '^') <= 4;
         });
}

bool is_anything(std::string_view) {
  return true;
}

// PS3.5 table 6.2-1. Lengths are of one value in characters; of PN of one component group.
struct Rule {
  Vr vr;
  std::size_t characters_max;
  bool controls;  // TAB, LF, FF and CR may be in it
  bool (*has_form)(std::string_view);
  std::string_view form;
};
// clang-format off
constexpr std::size_t kNoMax = SIZE_MAX;
constexpr std::array kRules{
    Rule{Vr::AE,     16, false, is_anything,       ""},
    Rule{Vr::AS,      4, false, is_age,            "no age as 018M"},
    Rule{Vr::CS,     16, false, is_code_string,    "CS has only capitals, digits, spaces and _"},
    Rule{Vr::DA,      8, false, is_date,           "no date as 20260131"},
    Rule{Vr::DS,     16, false, is_decimal_string, "no decimal number"},
    Rule{Vr::DT,     26, false, is_date_time,      "no date and time as 20260131235959"},
    Rule{Vr::IS,     12, false, is_integer_string, "no integer of 32 bits"},
    Rule{Vr::LO,     64, false, is_anything,       ""},
    Rule{Vr::LT,  10240, true,  is_anything,       ""},
    Rule{Vr::PN,     64, false, is_person_name,    "no person name: at most 3 groups (=) of 5 components (^)"},
    Rule{Vr::SH,     16, false, is_anything,       ""},
    Rule{Vr::ST,   1024, true,  is_anything,       ""},
    Rule{Vr::TM,     14, false, is_time,           "no time as 235959"},
    Rule{Vr::UC, kNoMax, false, is_anything,       ""},
    Rule{Vr::UI,     64, false, is_valid_uid,      "no UID: digits and dots, no component with a leading 0"},
    Rule{Vr::UR, kNoMax, false, is_anything,       ""},
    Rule{Vr::UT, kNoMax, true,  is_anything,       ""},
};
// clang-format on

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::size_t longest(Vr vr, std::string_view value) {
  if (vr != Vr::PN) return count_characters(value);
  std::size_t most = 0;
  for (const std::string_view group : split(value, '='))
    most = std::max(most, count_characters(group));
  return most;
}

bool has_control(std::string_view text, bool allows_lines) {
  return std::ranges::any_of(text, [&](char c) {
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    return is_control &&
           !(allows_lines && std::string_view("\t\n\f\r").find(c) != std::string_view::npos);
  });
}

}  // namespace

std::string fault_of_value(Vr vr, std::string_view utf8) {
  const auto rule = std::ranges::find(kRules, vr, &Rule::vr);
  if (rule == kRules.end()) return "";
  const VrInfo& row = info(vr);
  if (!is_valid_utf8(utf8)) return "no UTF-8";
  if (has_control(utf8, rule->controls)) return "has control characters";
  if (!row.character_set && !is_ascii(utf8))
    return std::string(row.name) + " has no letters beyond ASCII";
  const auto values = row.multi_valued ? split(utf8, '\\') : std::vector{utf8};
  for (const std::string_view value : values) {
    if (longest(vr, value) > rule->characters_max)
      return "longer than the " + std::to_string(rule->characters_max) + " characters of " +
             row.name;
    if (!trim(value).empty() && !rule->has_form(trim(value))) return std::string(rule->form);
  }
  return "";
}

}  // namespace dcmfs
