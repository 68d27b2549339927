#pragma once
// Whole numbers as plain text: in names of files, in URLs, in lines that we wrote ourselves. What DICOM
// lets a number be in IS and DS is store/dicom/number_text.h.
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace dcmfs {

// The number at the beginning, which is taken off; '-' only of signed types, no spaces, no '+'.
// nullopt: none is there, or it does not fit; the text is as it was.
template <std::integral Number>
std::optional<Number> take_whole(std::string_view& text, int base = 10) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

// All of the text is this number.
template <std::integral Number>
std::optional<Number> parse_whole(std::string_view text, int base = 10) {
  const auto number = take_whole<Number>(text, base);
  return text.empty() ? number : std::nullopt;
}

// From 0 on and without a sign, not even "-0".
inline std::optional<std::int64_t> parse_natural(std::string_view text) {
  return text.starts_with('-') ? std::nullopt : parse_whole<std::int64_t>(text);
}

// "2.5", "1e-3": all of the text, and finite.
inline std::optional<double> parse_real(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_all = error == std::errc() && end == text.data() + text.size();
  return is_all && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

// "0017" of 17 and four digits; a minus sign counts as one.
inline std::string zero_padded(std::int64_t number, int digits) {
  char text[64];
  const int size =
      std::snprintf(text, sizeof text, "%0*lld", digits, static_cast<long long>(number));
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace dcmfs
