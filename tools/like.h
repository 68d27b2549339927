#pragma once
// What somebody may have meant who wrote a name that there is not.
#include <string>
#include <string_view>
#include <vector>

namespace dcmfs::tools {

// The nearest of `known`, if any are near: three at most, the nearest first. Case and accents do not count.
std::vector<std::string> names_like(std::string_view written,
                                    const std::vector<std::string>& known);

// "; did you mean A, B or C"; `otherwise` if none are near.
std::string did_you_mean(const std::vector<std::string>& like, std::string_view otherwise = {});

}  // namespace dcmfs::tools
