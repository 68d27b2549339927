#pragma once
// Modality worklist (PS3.4 K): which items answer a C-FIND request, and with what.
#include <string>
#include <string_view>
#include <vector>

#include "store/find/match_keys.h"

namespace dcmfs::net {

struct WorklistRequest {
  std::vector<MatchKey> keys;
  std::string character_set;  // SpecificCharacterSet of the request, "" if it has none
  bool all_supported = true;  // FF00; else FF01
};

// PS3.4 K.5.1.1: byte 3 is fuzzy matching of names. Nothing else can be asked for.
std::string accept_worklist_negotiation(std::string_view proposed);

// `accepted`: what accept_worklist_negotiation() answered. Errors: as parse_keys().
Result<WorklistRequest> parse_worklist_request(const Dataset& identifier,
                                               std::string_view accepted);

// The identifier of the response for an item, in the character set of the request where that has
// all its letters. nullopt: the item does not match.
std::optional<Dataset> worklist_answer(const WorklistRequest&, const Dataset& item);

}  // namespace dcmfs::net
