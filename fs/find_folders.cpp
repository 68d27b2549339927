#include "fs/find_folders.h"

#include <algorithm>
#include <set>

#include "fs/hash.h"
#include "fs/node.h"
#include "store/attributes.h"
#include "store/dicom/text.h"
#include "store/entry_names.h"

namespace dcmfs::fs {
namespace {

constexpr std::size_t kConditionsMax = 32;
constexpr std::size_t kNamePartBytesMax = 78;  // of patient, study and series in a link's name

std::uint64_t number_of(std::string_view path) {
  const auto h = stable_hash(path);
  return (h ^ h >> kRowBits) & kRowMask;
}

Result<std::string> link_name(const Store& store, const Resource& resource) {
  if (resource.key.level == Level::instance) return resource.uids.sop_instance + ".dcm";
  std::string name;
  for (auto key = resource.key;;) {
    DCMFS_TRY(const auto entry, store.entry(key));
    name.insert(0,
                std::string(cut_utf8(entry.name, kNamePartBytesMax)) + (name.empty() ? "" : " "));
    if (key.level == Level::patient) return safe_name(name);
    key = entry.parent;
  }
}

Result<std::vector<Link>> ask(const Store& store, const Query& query) {
  std::vector<Link> links;
  std::set<std::string> taken;
  DCMFS_CHECK(store.find(query, [&](const Resource& resource) {
    auto name = link_name(store, resource);
    if (!name) return true;  // removed meanwhile
    for (int attempt = 0; !taken.insert(fold(*name)).second; ++attempt) {
      *name = told_apart(*name, resource.id.str(), attempt);
    }
    links.push_back({resource.key, *std::move(name), resource.last_update});
    return true;
  }));
  return links;
}

}  // namespace

Result<Query> parse_query_path(std::string_view path) {
  Query query;
  query.level = Level::patient;
  for (const auto part : split(path, '/')) {
    if (query.where.size() == kConditionsMax) {
      return Error{Errc::invalid_argument, "too many conditions"};
    }
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return Error{Errc::not_found, "not a condition"};
    const auto keyword = part.substr(0, equals);
    const auto tag = tag_of(keyword);
    if (!tag || keyword_of(*tag) != keyword) return Error{Errc::not_found, "unknown keyword"};
    DCMFS_TRY(auto matcher, Matcher::parse(*tag, part.substr(equals + 1)));
    const auto* attribute = find_attribute(*tag);
    query.level = std::max(query.level, attribute != nullptr ? attribute->level : Level::study);
    query.where.push_back({*tag, std::move(matcher)});
  }
  return query;
}

std::uint64_t FindFolders::intern(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  auto number = number_of(path);
  for (;; number = (number + 1) & kRowMask) {
    const auto [at, is_new] = paths_.try_emplace(number, path);
    if (!is_new && at->second != path) continue;  // two paths with one hash
    if (is_new) by_age_.push_back(number);
    break;
  }
  if (by_age_.size() > kFoldersMax) {
    paths_.erase(by_age_.front());
    by_age_.pop_front();
  }
  return number;
}

Result<std::string> FindFolders::path(std::uint64_t number) const {
  const std::scoped_lock lock(mutex_);
  const auto found = paths_.find(number);
  if (found == paths_.end()) return Error{Errc::not_found, "this query was forgotten"};
  return found->second;
}

Result<FindFolders::Answer> FindFolders::answer(std::uint64_t number, const Store& store) {
  DCMFS_TRY(const auto text, path(number));
  const auto seq = store.changes().last();
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& kept : answers_) {
      if (kept.number == number && kept.seq == seq) return kept.answer;
    }
  }
  DCMFS_TRY(const auto query, parse_query_path(text));
  DCMFS_TRY(auto links, ask(store, query));
  auto fresh = std::make_shared<const std::vector<Link>>(std::move(links));
  const std::scoped_lock lock(mutex_);
  std::erase_if(answers_, [&](const Kept& kept) { return kept.number == number; });
  answers_.push_back({number, seq, fresh});
  if (answers_.size() > kAnswersMax) answers_.pop_front();
  return fresh;
}

std::vector<std::uint64_t> FindFolders::numbers() const {
  const std::scoped_lock lock(mutex_);
  return {by_age_.begin(), by_age_.end()};
}

}  // namespace dcmfs::fs
