#pragma once
// A Query as SQL that answers the rows that match.
//
// The Matcher of each condition decides, through the SQL function dcm_match.
// One condition, the most selective that an index can serve, also drives: its
// table comes first and the others are reached from it. The order is forced
// (CROSS JOIN), since SQLite without statistics can choose one that is 200
// times slower.
#include <string>
#include <variant>
#include <vector>

#include "store/query.h"
#include "store/result.h"

namespace dcmfs::detail {

struct QuerySql {
  std::string text;  // SELECT id ...
  // In order; a Matcher is the query's own.
  std::vector<std::variant<std::int64_t, std::string, const Matcher*>> values;
};

enum class Indexes : std::uint8_t { use, ignore };  // `ignore`: for tests, the answer is the same

enum class Answer : std::uint8_t {
  rows,        // id
  identities,  // id, row above (of a patient its own), identifier; of the level
  count        // one row, whatever offset and limit say
};

// Errors: not_supported: a condition or an order on an attribute that the index does not keep;
// invalid_argument: below a resource of a lower level.
Result<QuerySql> query_sql(const Query&, Answer = Answer::rows, Indexes = Indexes::use);

// "SELECT ..." of the value of a computed attribute; ?1 is a row of its level.
struct ComputedSql {
  Level level;
  std::string text;
};
ComputedSql computed_sql(Tag);

}  // namespace dcmfs::detail
