#pragma once
// How much memory a JSON text may become. JsonCpp takes a hundred bytes for each value, and one of
// "[0,0,0]" is two bytes of the text.
#include <cstddef>
#include <string_view>

namespace dcmfs {

inline constexpr std::size_t kJsonValuesMax = 2'000'000;

// No text has more values than this tells of it, which need be no JSON.
std::size_t json_values_in(std::string_view text);

}  // namespace dcmfs
