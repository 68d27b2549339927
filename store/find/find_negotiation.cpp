#include "store/find/find_negotiation.h"

#include <array>
#include <cstddef>

namespace dcmfs {
namespace {

// By the number of the byte; nullptr: not supported.
constexpr std::array<bool FindNegotiation::*, 7> kBytes{
    &FindNegotiation::relational,
    &FindNegotiation::combined_date_time,
    &FindNegotiation::fuzzy_names,
    &FindNegotiation::timezone,
    nullptr,  // Enhanced Multi-Frame Image Conversion
    &FindNegotiation::empty_values,
    &FindNegotiation::multiple_values,
};

}  // namespace

FindNegotiation FindNegotiation::of(std::string_view accepted) {
  FindNegotiation negotiated;
  for (std::size_t i = 0; i < kBytes.size() && i < accepted.size(); ++i)
    if (kBytes[i] != nullptr) negotiated.*kBytes[i] = accepted[i] == 1;
  return negotiated;
}

std::string accept_find_negotiation(std::string_view proposed) {
  std::string answer;
  for (std::size_t i = 0; i < kBytes.size() && i < proposed.size(); ++i)
    answer += static_cast<char>(kBytes[i] != nullptr && proposed[i] == 1 ? 1 : 0);
  return answer;
}

}  // namespace dcmfs
