#include "tools/request.h"

#include <utility>

#include "store/attributes.h"
#include "tools/like.h"

namespace dcmfs::tools {
namespace {

constexpr std::size_t kKeywordMax =
    64;  // the longest in PS3.6 has 60; of what somebody wrote no more is said

Result<Tag> tag_named(std::string_view keyword) {
  if (const auto tag = tag_of(keyword)) return *tag;
  return Error{Errc::invalid_argument, "unknown keyword " +
                                           std::string(keyword.substr(0, kKeywordMax)) +
                                           did_you_mean(keywords_like(keyword))};
}

Result<Query::Condition> condition_of(std::string_view text, const MatchRules& rules) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos)
    return Error{Errc::invalid_argument, "expected KEYWORD=VALUE, not " + std::string(text)};
  DCMFS_TRY(const Tag tag, tag_named(text.substr(0, equals)));
  DCMFS_TRY(auto matcher, Matcher::parse(tag, text.substr(equals + 1), rules));
  return Query::Condition{tag, std::move(matcher)};
}

Result<Query::Order> order_of(std::string_view text) {
  constexpr std::string_view kDescending = ":desc", kAscending = ":asc";
  Query::Order order;
  order.descending = text.ends_with(kDescending);
  if (order.descending)
    text.remove_suffix(kDescending.size());
  else if (text.ends_with(kAscending))
    text.remove_suffix(kAscending.size());
  DCMFS_TRY(order.tag, tag_named(text));
  return order;
}

// What the index does not keep is found in the files, and a file is an instance.
Level level_of_condition(Tag tag) {
  return level_of(tag).value_or(Level::instance);
}

}  // namespace

std::vector<std::string> keywords_like(std::string_view keyword) {
  std::vector<std::string> known;
  for (const Attribute& attribute : attributes()) known.push_back(keyword_of(attribute.tag));
  return names_like(keyword, known);
}

std::optional<Level> level_named(std::string_view singular) {
  for (const LevelInfo& level : kLevels)
    if (level.singular == singular) return level.level;
  return std::nullopt;
}

Result<Query> query_of(const Request& request) {
  Query query;
  std::optional<Level> deepest;
  for (const std::string& text : request.conditions) {
    DCMFS_TRY(auto condition, condition_of(text, request.rules));
    const Level level = level_of_condition(condition.tag);
    deepest = deepest ? std::max(*deepest, level) : level;
    query.where.push_back(std::move(condition));
  }
  for (const std::string& text : request.order_by) {
    DCMFS_TRY(const auto order, order_of(text));
    query.order_by.push_back(order);
  }
  query.level = request.level.value_or(deepest.value_or(Level::study));
  query.offset = request.offset;
  query.limit = request.limit;
  return query;
}

}  // namespace dcmfs::tools
