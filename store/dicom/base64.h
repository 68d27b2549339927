#pragma once
// Base64 (RFC 4648) and the "data:" URIs (RFC 2397) that hold it.
#include <optional>
#include <string>
#include <string_view>

namespace dcmfs {

// With or without padding; line ends and spaces are skipped. nullopt: other characters.
std::optional<std::string> decode_base64(std::string_view);

// With padding, in one line.
std::string encode_base64(std::string_view bytes);

struct DataUri {
  std::string media_type;  // "image/png", lower case, without parameters; "" if there is none
  std::string bytes;
};
bool is_data_uri(std::string_view);
// nullopt: it is none, or not in base64.
std::optional<DataUri> parse_data_uri(std::string_view);

}  // namespace dcmfs
