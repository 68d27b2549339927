#include "store/dicom/number_text.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "store/dicom/text.h"
#include "store/number.h"

namespace dcmfs {
namespace {

constexpr std::size_t kDecimalStringMax = 16;  // PS3.5 table 6.2-1, DS

// Without padding and '+'; "" if it cannot be a number ("inf" and "nan" are none here).
std::string_view bare_number(std::string_view text) {
  text = trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  const bool negative = text.starts_with('-');
  const std::size_t first = negative ? 1 : 0;
  if (text.size() <= first) return {};
  const char c = text[first];
  return (c >= '0' && c <= '9') || c == '.' ? text : std::string_view();
}

template <class Number>
std::string to_text(Number number) {
  char text[64];
  const auto [end, error] = std::to_chars(text, text + sizeof text, number);
  return error == std::errc() ? std::string(text, end) : std::string();
}

}  // namespace

std::optional<double> parse_decimal(std::string_view text) {
  text = bare_number(text);
  if (text.empty()) return std::nullopt;
  return parse_real(text);
}

std::optional<double> parse_float(std::string_view text) {
  using Limits = std::numeric_limits<double>;
  text = trim(text);
  if (text == "NaN") return Limits::quiet_NaN();
  if (text == "Infinity") return Limits::infinity();
  if (text == "-Infinity") return -Limits::infinity();
  return parse_decimal(text);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  text = bare_number(text);
  if (text.empty()) return std::nullopt;
  if (const auto number = parse_whole<std::int64_t>(text)) return number;

  constexpr double kExactMax = 9007199254740992.0;  // 2^53: integers up to here are exact
  const auto decimal = parse_decimal(text);
  if (!decimal || *decimal != std::trunc(*decimal) || std::abs(*decimal) > kExactMax) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*decimal);
}

std::string decimal_text(double number) {
  std::string text = to_text(number);
  for (int digits = 15; text.size() > kDecimalStringMax && digits > 0; --digits) {
    char shorter[64];
    const auto [end, error] = std::to_chars(shorter, shorter + sizeof shorter, number,
                                            std::chars_format::general, digits);
    if (error == std::errc()) text.assign(shorter, end);
  }
  return text;
}

std::string shortest_text(double number) {
  return to_text(number);
}
std::string shortest_text(float number) {
  return to_text(number);
}

}  // namespace dcmfs
