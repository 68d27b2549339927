#include "tools/request.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "store/attributes.h"
#include "store/dicom/text.h"

namespace dcmfs::tools {
namespace {

constexpr std::size_t kLikeMax = 3;
constexpr std::size_t kKeywordMax = 64;  // the longest in PS3.6 has 60

// How many letters must be changed, added or left out (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

Result<Tag> tag_named(std::string_view keyword) {
  if (const auto tag = tag_of(keyword)) return *tag;
  std::string message = "unknown keyword " + std::string(keyword.substr(0, kKeywordMax));
  const std::vector<std::string> like = keywords_like(keyword);
  for (std::size_t i = 0; i < like.size(); ++i)
    message += (i == 0 ? "; did you mean " : i + 1 == like.size() ? " or " : ", ") + like[i];
  return Error{Errc::invalid_argument, std::move(message)};
}

Result<Query::Condition> condition_of(std::string_view text, const MatchRules& rules) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos)
    return Error{Errc::invalid_argument, "expected KEYWORD=VALUE, not " + std::string(text)};
  DCMFS_TRY(const Tag tag, tag_named(text.substr(0, equals)));
  auto matcher = Matcher::parse(tag, text.substr(equals + 1), rules);
  if (!matcher) return std::move(matcher).error().in(text.substr(0, equals));
  return Query::Condition{tag, *std::move(matcher)};
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
  const std::string wanted = fold(keyword.substr(0, kKeywordMax));
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const Attribute& attribute : attributes()) {
    std::string known = keyword_of(attribute.tag);
    const std::size_t far = distance(wanted, fold(known));
    if (far <= std::max<std::size_t>(2, wanted.size() / 3))
      near.emplace_back(far, std::move(known));
  }
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  std::vector<std::string> like;
  for (std::size_t i = 0; i < std::min(near.size(), kLikeMax); ++i)
    like.push_back(std::move(near[i].second));
  return like;
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
