#include "net/worklist.h"

#include <algorithm>

#include "store/dicom/recode.h"

namespace dcmfs::net {
namespace {

constexpr std::size_t kNegotiatedBytes = 3, kFuzzyByte = 2;

// PS3.4 table K.6-1, at ScheduledProcedureStepStartTime: ranges of date and time are one range,
// here without negotiation.
void combine_start(MatchKey& steps) {
  const MomentPair* pair = find_moment_pair(tags::ScheduledProcedureStepStartDate);
  const auto date = std::ranges::find(steps.items, pair->date, &MatchKey::tag);
  const auto time = std::ranges::find(steps.items, pair->time, &MatchKey::tag);
  if (date == steps.items.end() || time == steps.items.end()) return;
  auto start = MomentKey::of(*pair, {date->text, time->text, "", true});
  if (!start) return;
  date->matcher.reset();
  time->matcher.reset();
  time->is_reversed = false;
  steps.item_moments.push_back(*std::move(start));
}

bool is_supported(const MatchKey& key) {
  return key.is_supported && std::ranges::all_of(key.items, is_supported);
}

}  // namespace

std::string accept_worklist_negotiation(std::string_view proposed) {
  std::string answer(proposed.substr(0, kNegotiatedBytes));
  for (char& byte : answer) byte = byte == 1 ? 1 : 0;
  return answer;
}

Result<WorklistRequest> parse_worklist_request(const Dataset& identifier,
                                               std::string_view accepted) {
  MatchRules rules;
  rules.fuzzy_names = accepted.size() > kFuzzyByte && accepted[kFuzzyByte] == 1;
  WorklistRequest request;
  DCMFS_TRY(request.keys, parse_keys(identifier, rules));
  // Some say a level, which a worklist has not.
  std::erase_if(request.keys,
                [](const MatchKey& key) { return key.tag == tags::QueryRetrieveLevel; });
  for (MatchKey& key : request.keys) {
    if (key.tag == tags::ScheduledProcedureStepSequence) combine_start(key);
    DCMFS_CHECK(check_matched_alone(key));
  }
  request.all_supported = std::ranges::all_of(request.keys, is_supported);
  request.character_set = identifier.text_or(tags::SpecificCharacterSet, "");
  return request;
}

std::optional<Dataset> worklist_answer(const WorklistRequest& request, const Dataset& item) {
  if (!matches(request.keys, item)) return std::nullopt;
  return in_character_set(selected(request.keys, item), request.character_set);
}

}  // namespace dcmfs::net
