#include "store/dicom/json_text.h"

#include "store/dicom/json.h"
#include "store/dicom/number_text.h"
#include "store/dicom/text.h"

namespace dcmfs {
namespace {

// DS has 16 characters (PS3.5 table 6.2-1); what is much longer is not meant as a number.
constexpr std::size_t kNumberCharactersMax = 64;

std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

bool take_one_of(std::string_view& text, std::string_view characters) {
  if (text.empty() || characters.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      append_hex(out, static_cast<unsigned char>(c), 2);
  }
}

}  // namespace

void append_hex(std::string& out, unsigned number, int digits) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (int i = digits - 1; i >= 0; --i) out.push_back(kDigits[number >> (4 * i) & 15]);
}

bool append_decimal(std::string& out, std::string_view text) {
  text = trim(text);
  if (text.size() > kNumberCharactersMax) return false;
  const std::string_view whole = text;
  const bool negative = text.starts_with('-');
  take_one_of(text, "+-");
  std::string_view integer = take_digits(text);
  const std::string_view fraction = take_one_of(text, ".") ? take_digits(text) : "";
  if (integer.empty() && fraction.empty()) return false;
  std::string_view exponent = text;
  if (take_one_of(text, "eE")) {
    take_one_of(text, "+-");
    // What no double can hold would be read as infinity.
    if (take_digits(text).empty() || !parse_decimal(whole)) return false;
  } else {
    exponent = {};
  }
  if (!text.empty()) return false;

  while (integer.size() > 1 && integer.front() == '0') integer.remove_prefix(1);
  if (negative) out.push_back('-');
  out += integer.empty() ? "0" : integer;
  if (!fraction.empty()) out.append(".").append(fraction);
  out += exponent;
  return true;
}

void append_json_string(std::string& out, std::string_view text) {
  std::string repaired;
  if (!is_valid_utf8(text)) text = repaired = repair_utf8(text);
  out.push_back('"');
  std::size_t copied = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(copied, i - copied);
    append_escaped(out, text[i]);
    copied = i + 1;
  }
  out += text.substr(copied);
  out.push_back('"');
}

}  // namespace dcmfs
