#include "rest/http/percent.h"

#include "store/dicom/text.h"
#include "store/number.h"

namespace dcmfs::rest {
namespace {

void append_encoded(std::string& out, char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
}

// Of "%41" at this place.
std::optional<unsigned char> encoded_byte(std::string_view text, std::size_t percent) {
  if (percent + 2 >= text.size()) return std::nullopt;
  return parse_whole<unsigned char>(text.substr(percent + 1, 2), 16);
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto byte = encoded_byte(text, i);
    if (!byte || *byte == 0) return std::nullopt;
    out += static_cast<char>(*byte);
    i += 2;
  }
  return is_valid_utf8(out) ? std::optional(out) : std::nullopt;
}

std::string with_legal_characters(std::string_view uri) {
  std::string out;
  bool in_query = false;
  for (std::size_t i = 0; i < uri.size(); ++i) {
    const char c = uri[i];
    in_query = in_query || c == '?';
    const bool is_bracket = c == '[' || c == ']';  // of an IPv6 address
    const bool is_stray = c == '%' && !in_query && !encoded_byte(uri, i);
    const bool is_legal =
        c > ' ' && c < '\x7f' && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos;
    if (is_legal && !(is_bracket && in_query) && !is_stray)
      out += c;
    else
      append_encoded(out, c);
  }
  return out;
}

std::string_view with_one_slash(std::string_view target) {
  while (target.starts_with("//")) target.remove_prefix(1);
  return target;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != kPlain.npos)
      out += c;
    else
      append_encoded(out, c);
  }
  return out;
}

}  // namespace dcmfs::rest
