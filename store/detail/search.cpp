#include "store/detail/search.h"

#include <algorithm>

#include "store/detail/ingest.h"

namespace dcmfs::detail {
namespace {

bool is_answered_by_the_index(const Query::Condition& condition) {
  const Tag tag = condition.tag;
  const bool unique = std::any_of(kLevels.begin(), kLevels.end(),
                                  [&](const LevelInfo& level) { return level.unique_key == tag; });
  return unique || is_computed(tag) || find_attribute(tag) != nullptr ||
         condition.matcher.universal();
}

Result<bool> file_matches(const Index& index, const Folders& folders, Key key,
                          const std::vector<Query::Condition>& conditions) {
  DCMFS_TRY(const RowId instance, index.first_instance(key));
  DCMFS_TRY(const auto blob, folders.open_blob(instance));
  DCMFS_TRY(const auto file, read_header(blob.fd()));
  return std::all_of(conditions.begin(), conditions.end(), [&](const Query::Condition& condition) {
    return condition.matcher.matches(text_to_match(file.dataset, condition.tag));
  });
}

}  // namespace

Result<> search(const Index& index, const Folders& folders, const Query& query,
                const std::function<bool(const Resource&)>& each) {
  Query narrowed = query;
  const auto rest =
      std::stable_partition(narrowed.where.begin(), narrowed.where.end(), is_answered_by_the_index);
  const std::vector<Query::Condition> by_file(rest, narrowed.where.end());
  if (by_file.empty()) return index.find(query, each);

  narrowed.where.erase(rest, narrowed.where.end());
  narrowed.offset = 0;
  narrowed.limit = 0;
  std::int64_t to_skip = query.offset, given = 0;
  Result<> outcome;
  DCMFS_CHECK(index.find(narrowed, [&](const Resource& candidate) {
    auto matches = file_matches(index, folders, candidate.key, by_file);
    if (!matches) {
      if (matches.error().code == Errc::not_found) return true;
      outcome = std::move(matches).error();
      return false;
    }
    if (!*matches) return true;
    if (to_skip > 0) {
      --to_skip;
      return true;
    }
    ++given;
    return each(candidate) && (query.limit == 0 || given < query.limit);
  }));
  return outcome;
}

Result<std::int64_t> count(const Index& index, const Folders& folders, const Query& query) {
  if (std::ranges::all_of(query.where, is_answered_by_the_index)) return index.count(query);
  Query all = query;
  all.offset = all.limit = 0;
  all.totals = Query::Totals::none;
  all.labels = false;
  std::int64_t matches = 0;
  DCMFS_CHECK(search(index, folders, all, [&](const Resource&) {
    ++matches;
    return true;
  }));
  return matches;
}

Result<std::vector<Identity>> identities(const Index& index, const Folders& folders,
                                         const Query& query) {
  if (std::ranges::all_of(query.where, is_answered_by_the_index)) return index.identities(query);
  Query bare = query;
  bare.totals = Query::Totals::none;
  bare.labels = false;
  std::vector<Identity> found;
  DCMFS_CHECK(search(index, folders, bare, [&](const Resource& resource) {
    found.push_back({resource.key, resource.id});
    return true;
  }));
  return found;
}

}  // namespace dcmfs::detail
