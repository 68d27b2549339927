#pragma once
// From what was typed to a query.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/query.h"

namespace dcmfs::tools {

struct Request {
  std::vector<std::string> conditions;  // KEYWORD=VALUE
  std::vector<std::string> order_by;    // KEYWORD or KEYWORD:desc
  std::optional<Level> level;           // else the deepest that a condition is about
  std::int64_t offset = 0;
  std::int64_t limit = 0;
  MatchRules rules;
};

// The error names what is wrong and, for a keyword that nobody knows, those like it.
Result<Query> query_of(const Request&);

// Keywords that somebody may have meant, the nearest first.
std::vector<std::string> keywords_like(std::string_view);

std::optional<Level> level_named(std::string_view singular);

}  // namespace dcmfs::tools
