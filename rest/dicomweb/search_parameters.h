#pragma once
// The query of a QIDO-RS search (PS3.18 8.3.4) as the identifier of a C-FIND, which the same rules
// then match and answer.
#include <cstdint>
#include <string>
#include <vector>

#include "rest/http/message.h"
#include "store/dicom/dataset.h"
#include "store/find/find_negotiation.h"
#include "store/level.h"
#include "store/result.h"

namespace dcmfs::rest {

// Of one answer, which is in memory; who wants more asks with `offset`.
inline constexpr std::int64_t kResultsMax = 20'000;

struct SearchParameters {
  Dataset identifier;
  FindNegotiation
      how;  // what C-FIND negotiates: fuzzy, empty value and multiple value matching (8.3.4.2, .5, .6)
  std::int64_t limit = kResultsMax, offset = 0;
  bool has_unknown = false;        // parameters that name no attribute
  bool has_contradiction = false;  // a key that the path excludes: nothing matches
};

// `{study}` and `{series}` of the path are keys, too. Errors: invalid_argument (a value that cannot
// be matched, a limit that is no number), which never has a value in it.
Result<SearchParameters> parse_search(const Request&, Level);

}  // namespace dcmfs::rest
