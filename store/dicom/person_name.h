#pragma once
// Person names (PN), PS3.5 6.2.1: up to three component groups (alphabetic,
// ideographic, phonetic) joined by '=', each of components joined by '^'.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dcmfs {

// One group without what says nothing: spaces around it, and null components at
// its end with their '^' (PS3.5 6.2.1.1).
std::string_view trim_name_group(std::string_view group);
// Group number `index` of a name, trimmed; "" if there is none.
std::string_view name_group(std::string_view name, std::size_t index);

// For the Matcher; keys come from these. Names and keys are both folded (store/dicom/text.h), or both as they are.
std::string normalise_name_key(std::string_view key);
bool matches_name(std::string_view key, std::string_view name);

// The words of a key, each as a pattern for how a word of a name begins.
std::vector<std::string> fuzzy_words(std::string_view key);
bool matches_fuzzily(const std::vector<std::string>& words, std::string_view name);

}  // namespace dcmfs
