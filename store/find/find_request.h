#pragma once
// A C-FIND request (PS3.4 C.4.1) as the store can answer it: a Query, conditions that are decided
// on what it finds, and the keys to answer. Values alone, no network.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "store/find/find_negotiation.h"
#include "store/find/match_keys.h"
#include "store/find/moment_key.h"
#include "store/query.h"
#include "store/resource.h"
#include "store/result.h"

namespace dcmfs {

enum class FindModel : std::uint8_t { patient_root, study_root, patient_study_only };

// The levels of an information model, PS3.4 C.3.
struct ModelLevels {
  Level top, bottom;
  constexpr bool has(Level level) const { return level >= top && level <= bottom; }
};
ModelLevels levels_of(FindModel);

// Whether a request must say the unique keys of all levels above, and nothing of those below
// (PS3.4 C.4.1.2.1), unless relational queries are negotiated.
enum class Hierarchy : std::uint8_t { liberal, strict };

// Whether an answer tells attributes of the levels below (PS3.4 C.4.1.1.3.2 knows none; those of QIDO-RS do:
// PS3.18 10.6.3.3.1): of the first instance there that has what is asked of these levels.
enum class LowerLevels : std::uint8_t { left_out, told };

// Conditions of one request, each a term of SQL.
inline constexpr std::size_t kConditionsMax = 200;

struct FindRequest {
  // Whence an answer takes the value of a key.
  enum class Source : std::uint8_t {
    index,      // of the resource, or counted
    dataset,    // of a file
    ourselves,  // AE title, level
    nowhere,    // not supported: left out, and the status says so
  };
  struct AnswerKey {
    MatchKey key;
    Source source = Source::nowhere;
    Tag index_tag;  // whose value the index has: that of the key, or ModalitiesInStudy
  };

  Query query;
  std::vector<MatchKey> by_dataset;  // to be decided by the data set of what the query finds
  std::vector<MomentKey> moments;    // likewise by its values, of the index or the data set
  std::vector<AnswerKey> keys;
  std::string character_set;   // SpecificCharacterSet of the request, "" if it has none
  bool timezone = false;       // adjusts; the answer says its own
  bool reads_dataset = false;  // an answer, or a condition, needs one
  bool all_supported = true;   // FF00; else FF01
  LowerLevels lower_levels = LowerLevels::left_out;
};

// Errors: invalid_argument (the level or the hierarchy is not that of the model, a value cannot be
// matched), too_large. They tell the attribute and never its value.
Result<FindRequest> parse_find_request(const Dataset& identifier, FindModel, const FindNegotiation&,
                                       Hierarchy = Hierarchy::liberal,
                                       LowerLevels = LowerLevels::left_out);

// What the query left open. `dataset`: of the resource or of one below it; nullptr if not needed.
bool is_answer(const FindRequest&, const Resource&, const Dataset* dataset);

}  // namespace dcmfs
