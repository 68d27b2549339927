#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include "store/detail/computed.h"
#include "store/detail/index_state.h"
#include "store/detail/level_sql.h"
#include "store/detail/query_sql.h"
#include "store/detail/resource_row.h"

namespace dcmfs::detail {
namespace {

// Resources of one transaction, whose locks cost as much as to read one. Few at first: `each` may
// want no more, and who waits for the first shall not wait for the others.
constexpr std::size_t kTogetherMax = 64;

Statement bound(Connection& db, const QuerySql& sql) {
  Statement rows = db.prepare_once(sql.text);
  for (const auto& of : sql.values) std::visit([&](const auto& v) { rows.bind(v); }, of);
  return rows;
}

Result<std::vector<RowId>> matching_rows(Connection& db, const QuerySql& sql) {
  return bound(db, sql).all([](const Statement& row) { return row.row(0); });
}

// What is a property of a level below has no value here.
Result<> add_computed(Connection& db, Tag tag, Resource& resource) {
  if (!is_computed(tag)) return {};
  const ComputedSql sql = computed_sql(tag);
  if (sql.level > resource.key.level) return {};
  const auto above = index_of(resource.key.level) - index_of(sql.level);
  const Key of = above == 0 ? resource.key : resource.ancestors[above - 1];
  Statement row = db.prepare(sql.text);
  DCMFS_TRY(const bool found, row.bind(of.row).step());
  if (found) resource.attributes.insert_or_assign(tag, row.text(0));
  return {};
}

// Of rows that are id and id_columns().
Result<std::vector<Identity>> identities_in(Statement& rows, Level level) {
  std::vector<Identity> found;
  for (;;) {
    DCMFS_TRY(const bool more, rows.step());
    if (!more) return found;
    DCMFS_TRY(const auto id, id_at(rows, 1));
    found.push_back({{level, rows.row(0)}, id});
  }
}

// Directly below: by an index that has all of it.
Result<std::vector<ResourceId>> child_ids(Connection& db, Key key) {
  std::vector<ResourceId> ids;
  const auto below = child(key.level);
  if (!below) return ids;
  static const auto make = [](Level of) {
    return "SELECT " + id_columns(of) + " FROM " + std::string(table(of)) + " WHERE " +
           parent_of(of) + " = ?1 ORDER BY id";
  };
  static const std::array kSql{make(Level::study), make(Level::series), make(Level::instance)};
  Statement rows = db.prepare(kSql[index_of(key.level)]);
  rows.bind(key.row);
  for (;;) {
    DCMFS_TRY(const bool more, rows.step());
    if (!more) return ids;
    DCMFS_TRY(const auto id, id_at(rows, 0));
    ids.push_back(id);
  }
}

Result<> add_metadata(Connection& db, const std::vector<std::string>& names, Resource& resource) {
  if (names.empty()) return {};
  Statement rows = db.prepare("SELECT name, value FROM metadata WHERE level = ?1 AND row = ?2");
  rows.bind(static_cast<std::int64_t>(index_of(resource.key.level))).bind(resource.key.row);
  for (;;) {
    DCMFS_TRY(const bool more, rows.step());
    if (!more) return {};
    if (auto name = rows.text(0); std::ranges::find(names, name) != names.end())
      resource.metadata.emplace(std::move(name), rows.text(1));
  }
}

std::string identities_below(Level top, Level level) {
  const std::string of(table(level));
  return "SELECT " + of + ".id, " + id_columns(level) + " FROM " + of + join_upward(level, top) +
         " WHERE " + std::string(table(top)) + ".id = ?3 AND " + of + ".id > ?1 ORDER BY " + of +
         ".id LIMIT ?2";
}

// Without those that were removed since.
Result<std::vector<Resource>> read_resources(Connection& db, const Query& query,
                                             std::span<const RowId> rows) {
  const Wanted wanted{Attributes::lineage, query.totals,
                      query.labels ? LabelsToo::yes : LabelsToo::no};
  std::vector<Resource> resources;
  for (const RowId row : rows) {
    DCMFS_TRY(auto resource, read_resource(db, {query.level, row}, wanted));
    if (!resource) continue;
    for (const Tag tag : query.also) DCMFS_CHECK(add_computed(db, tag, *resource));
    DCMFS_CHECK(add_metadata(db, query.also_metadata, *resource));
    if (query.child_ids) {
      DCMFS_TRY(resource->child_ids, child_ids(db, resource->key));
    }
    resources.push_back(*std::move(resource));
  }
  return resources;
}

Result<std::vector<Resource>> read_together(Connection& db, const Query& query,
                                            std::span<const RowId> rows) {
  DCMFS_CHECK(db.run("BEGIN"));
  auto resources = read_resources(db, query, rows);
  DCMFS_CHECK(db.run("COMMIT"));
  return resources;
}

}  // namespace

// The rows first, then some resources at a time: `each` may take its time (it may be writing to a
// network), and a transaction that stays open keeps the log from being written back.
Result<> Index::find(const Query& query, const std::function<bool(const Resource&)>& each) const {
  DCMFS_TRY(const auto sql, query_sql(query));
  std::vector<RowId> rows;
  {
    DCMFS_TRY(const auto db, state_->readers.lease());
    DCMFS_TRY(rows, matching_rows(*db, sql));
  }
  std::size_t together = 1;
  for (std::span<const RowId> left = rows; !left.empty();) {
    const std::size_t count = std::min(left.size(), together);
    std::vector<Resource> resources;
    {
      DCMFS_TRY(const auto db, state_->readers.lease());
      DCMFS_TRY(resources, read_together(*db, query, left.first(count)));
    }
    for (const Resource& resource : resources)
      if (!each(resource)) return {};
    left = left.subspan(count);
    together = std::min(together * 2, kTogetherMax);
  }
  return {};
}

Result<std::int64_t> Index::count(const Query& query) const {
  DCMFS_TRY(const auto sql, query_sql(query, Answer::count));
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement row = bound(*db, sql);
  DCMFS_CHECK(row.step());
  return row.integer(0);
}

Result<std::vector<Identity>> Index::identities(const Query& query) const {
  DCMFS_TRY(const auto sql, query_sql(query, Answer::identities));
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement rows = bound(*db, sql);
  return identities_in(rows, query.level);
}

Result<std::vector<Identity>> Index::identities(std::optional<Key> above, Level level, RowId after,
                                                std::size_t limit) const {
  if (above && above->level >= level)
    return Error{Errc::invalid_argument, "what is asked for is not below the given resource"};
  const std::string of(table(level));
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement rows = db->prepare(above ? identities_below(above->level, level)
                                     : "SELECT id, " + id_columns(level) + " FROM " + of +
                                           " WHERE id > ?1 ORDER BY id LIMIT ?2");
  rows.bind(after).bind(static_cast<std::int64_t>(
      std::min<std::size_t>(limit, std::numeric_limits<std::int64_t>::max())));
  if (above) rows.bind(above->row);
  return identities_in(rows, level);
}

Result<RowId> Index::first_instance(Key key) const {
  if (key.level == Level::instance) return key.row;
  static const auto make = [](Level of) {
    return "SELECT " + detail::first_instance(of) + " FROM " + std::string(table(of)) +
           " WHERE id = ?1";
  };
  static const std::array kSql{make(Level::patient), make(Level::study), make(Level::series)};
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement row = db->prepare(kSql[index_of(key.level)]);
  DCMFS_TRY(const bool found, row.bind(key.row).step());
  if (found && !row.is_null(0)) return row.row(0);
  return Error{Errc::not_found, "the " + std::string(table(key.level)) + " was removed"};
}

}  // namespace dcmfs::detail
