#include "store/dicom/person_name.h"

#include <algorithm>

#include "store/dicom/match.h"
#include "store/dicom/text.h"

namespace dcmfs {
namespace {

// Calls `each(group)` for the component groups of a name until it answers true; answers whether one
// did.
template <class Each>
bool any_group(std::string_view name, Each each) {
  for (;;) {
    const auto end = name.find('=');
    if (each(trim_name_group(name.substr(0, end)))) return true;
    if (end == std::string_view::npos) return false;
    name.remove_prefix(end + 1);
  }
}

bool matches_group(std::string_view pattern, std::string_view group) {
  if (!has_wildcard(pattern)) return pattern == group;
  if (matches_wildcard(pattern, group)) return true;
  // The group may stand without trailing '^': "DOE^*" matches DOE, as it matches DOE^.
  for (;;) {
    const auto literal_end = pattern.find_last_not_of('*');
    if (literal_end == std::string_view::npos || literal_end + 1 == pattern.size() ||
        pattern[literal_end] != '^')
      return false;
    pattern = trim_name_group(pattern.substr(0, literal_end));
    if (matches_wildcard(pattern, group)) return true;
  }
}

constexpr std::string_view kBetweenWords = " ^=,-";

// Likewise for words.
template <class Each>
bool any_word(std::string_view name, Each each) {
  for (;;) {
    const auto start = name.find_first_not_of(kBetweenWords);
    if (start == std::string_view::npos) return false;
    name.remove_prefix(start);
    const auto word = name.substr(0, name.find_first_of(kBetweenWords));
    if (each(word)) return true;
    name.remove_prefix(word.size());
  }
}

}  // namespace

std::string_view trim_name_group(std::string_view group) {
  group = trim(group);
  while (!group.empty() && (group.back() == '^' || group.back() == ' ' || group.back() == '\0'))
    group.remove_suffix(1);
  return group;
}

std::string_view name_group(std::string_view name, std::size_t index) {
  std::string_view found;
  any_group(name, [&](std::string_view group) {
    found = index == 0 ? group : std::string_view();
    return index-- == 0;
  });
  return found;
}

std::string normalise_name_key(std::string_view key) {
  std::string name;
  any_group(key, [&](std::string_view group) {
    name += group;
    name += '=';
    return false;
  });
  name.erase(name.find_last_not_of('=') + 1);
  return name;
}

bool matches_name(std::string_view key, std::string_view name) {
  if (key.find('=') == std::string_view::npos) {
    if (is_ascii(key)) return matches_group(key, name_group(name, 0));
    return any_group(name, [&](std::string_view group) { return matches_group(key, group); });
  }
  std::size_t index = 0;
  return !any_group(key, [&](std::string_view part) {
    const bool counts = part.find_first_not_of('*') != std::string_view::npos;
    const bool differs = counts && !matches_group(part, name_group(name, index));
    ++index;
    return differs;
  });
}

std::vector<std::string> fuzzy_words(std::string_view key) {
  std::vector<std::string> words;
  any_word(key, [&](std::string_view word) {
    const auto end = word.find_last_not_of('*');
    if (end != std::string_view::npos) words.push_back(std::string(word.substr(0, end + 1)) + '*');
    return false;
  });
  return words;
}

bool matches_fuzzily(const std::vector<std::string>& words, std::string_view name) {
  return std::all_of(words.begin(), words.end(), [&](const std::string& pattern) {
    return any_word(name, [&](std::string_view word) { return matches_wildcard(pattern, word); });
  });
}

}  // namespace dcmfs
