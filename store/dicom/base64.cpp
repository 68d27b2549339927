#include "store/dicom/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace dcmfs {
namespace {

constexpr std::string_view kDataScheme = "data:", kInBase64 = ";base64";
constexpr std::uint8_t kNoSextet = 0xff;

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr auto kSextets = [] {
  std::array<std::uint8_t, 256> sextets{};
  sextets.fill(kNoSextet);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    sextets[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return sextets;
}();

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t n = 0; n < 3; ++n)
      bits = bits << 8 | (n < count ? static_cast<std::uint8_t>(bytes[i + n]) : 0u);
    for (std::size_t n = 0; n < 4; ++n)
      text.push_back(n <= count ? kAlphabet[bits >> (18 - 6 * n) & 63] : '=');
  }
  return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int count = 0, padding = 0;
  for (const char c : text) {
    if (c == '\r' || c == '\n' || c == ' ' || c == '\t') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const std::uint8_t sextet = kSextets[static_cast<std::uint8_t>(c)];
    if (sextet == kNoSextet || padding > 0) return std::nullopt;
    bits = bits << 6 | sextet;
    if (++count % 4 == 0)
      for (int shift = 16; shift >= 0; shift -= 8)
        bytes.push_back(static_cast<char>(bits >> shift));
  }
  const int rest = count % 4;
  if (rest == 1 || padding > 2 || (padding > 0 && (count + padding) % 4 != 0)) return std::nullopt;
  if (rest >= 2) bytes.push_back(static_cast<char>(bits >> (rest == 2 ? 4 : 10)));
  if (rest == 3) bytes.push_back(static_cast<char>(bits >> 2));
  return bytes;
}

bool is_data_uri(std::string_view text) {
  return text.starts_with(kDataScheme);
}

std::optional<DataUri> parse_data_uri(std::string_view text) {
  if (!is_data_uri(text)) return std::nullopt;
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const std::string_view head = text.substr(kDataScheme.size(), comma - kDataScheme.size());
  if (!head.ends_with(kInBase64)) return std::nullopt;
  auto bytes = decode_base64(text.substr(comma + 1));
  if (!bytes) return std::nullopt;
  DataUri uri{std::string(head.substr(0, head.find(';'))), *std::move(bytes)};
  for (char& c : uri.media_type)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return uri;
}

}  // namespace dcmfs
