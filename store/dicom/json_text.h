#pragma once
// Pieces of JSON text (RFC 8259). Private to this folder.
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <type_traits>

namespace dcmfs {

// So many hexadecimal digits, upper case.
void append_hex(std::string& out, unsigned number, int digits);

// A value of IS or DS with the digits it has, in the grammar of RFC 8259: no '+', no leading
// zeros, digits around the point. False, and nothing appended, if it is not a number.
bool append_decimal(std::string& out, std::string_view text);

// The shortest text that is read back as the same number; JSON has none for those that are not finite.
template <class Number>
void append_number(std::string& out, Number number) {
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(number)) {
      out += std::isnan(number) ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
      return;
    }
  }
  char text[64];
  out.append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

}  // namespace dcmfs
