#include "net/retrieve_request.h"

#include <string>
#include <utility>

namespace dcmfs::net {
namespace {

Error unfit(std::string why) {
  return {Errc::invalid_argument, std::move(why)};
}

// A level that is not said is that of the lowest key; some clients leave it to that.
Result<Level> retrieve_level(const Dataset& identifier, const ModelLevels& model,
                             Hierarchy hierarchy) {
  const auto named = identifier.text_or(tags::QueryRetrieveLevel, "");
  for (const LevelInfo& of : kLevels)
    if (of.query_retrieve == named && model.has(of.level)) return of.level;
  if (!named.empty()) return unfit("QueryRetrieveLevel is none of this information model");
  if (hierarchy == Hierarchy::liberal) {
    for (auto of = kLevels.rbegin(); of != kLevels.rend(); ++of)
      if (model.has(of->level) && !identifier.text_or(of->unique_key, "").empty()) return of->level;
  }
  return unfit("QueryRetrieveLevel is missing");
}

// PS3.4 C.4.2.1.4.1
Result<> check_retrieve_hierarchy(const Dataset& identifier, Level level,
                                  const ModelLevels& model) {
  for (const LevelInfo& of : kLevels) {
    const std::string keyword = keyword_of(of.unique_key);
    const auto text = identifier.text(of.unique_key);
    const bool is_list = text && text->find('\\') != std::string::npos;
    if (model.has(of.level) && of.level <= level && (!text || text->empty())) {
      return unfit(keyword + " is missing");
    }
    if (is_list && (of.level < level || of.level == Level::patient)) {
      return unfit(keyword + " is not a single value");
    }
    if (of.level > level && text) return unfit(keyword + " is of a level below");
  }
  return {};
}

}  // namespace

Result<Query> parse_retrieve_request(const Dataset& identifier, FindModel which,
                                     Hierarchy hierarchy) {
  const ModelLevels model = levels_of(which);
  DCMFS_TRY(const Level level, retrieve_level(identifier, model, hierarchy));
  if (hierarchy == Hierarchy::strict)
    DCMFS_CHECK(check_retrieve_hierarchy(identifier, level, model));
  Query query;
  query.level = Level::instance;
  for (const LevelInfo& of : kLevels) {
    if (of.level < model.top || of.level > level) continue;
    const auto key = identifier.text(of.unique_key);
    // Above the level it is as good as missing.
    if (!key || (key->empty() && of.level < level)) continue;
    // A single value, or a list of UIDs, and nothing else: a PatientID may have a * or a ? of its own
    // (PS3.4 C.4.2.1.4.1).
    auto matcher = Matcher::parse(of.unique_key, *key, {.literal = true});
    if (!matcher) return unfit(keyword_of(of.unique_key) + " cannot be matched");
    if (matcher->universal()) return unfit(keyword_of(of.unique_key) + " has no value");
    query.where.push_back({of.unique_key, *std::move(matcher)});
  }
  if (query.where.empty()) return unfit("no unique key has a value");
  return query;
}

}  // namespace dcmfs::net
