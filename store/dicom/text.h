#pragma once
// UTF-8 text as the program compares and shows it.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dcmfs {

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

bool is_ascii(std::string_view);
bool is_valid_utf8(std::string_view);
// Invalid bytes become U+FFFD; valid text is returned as it is.
std::string repair_utf8(std::string_view);
std::string to_nfc(std::string_view utf8);
// Case and accents removed: what two texts have in common when a query may
// ignore both (PS3.4 C.2.2.2.1 and C.2.2.2.4 for PN).
std::string fold(std::string_view utf8);
// The longest prefix of at most `bytes_max` bytes that ends between grapheme
// clusters, so that no letter loses its accent.
std::string_view cut_utf8(std::string_view, std::size_t bytes_max);
// Leading and trailing spaces (and the padding NUL) are not significant in most VRs (PS3.5 6.2).
std::string_view trim(std::string_view);
std::string_view trim_right(std::string_view);
std::vector<std::string_view> split(std::string_view, char separator);  // "" gives one empty part

}  // namespace dcmfs
