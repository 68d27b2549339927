#include <algorithm>
#include <span>

#include "store/detail/computed.h"
#include "store/detail/index_state.h"
#include "store/detail/query_sql.h"
#include "store/detail/resource_row.h"

namespace dcmfs::detail {
namespace {

// Resources of one transaction, whose locks cost as much as to read one. Few at first: `each` may
// want no more, and who waits for the first shall not wait for the others.
constexpr std::size_t kTogetherMax = 64;

Result<std::vector<RowId>> matching_rows(Connection& db, const QuerySql& sql) {
  Statement rows = db.prepare_once(sql.text);
  for (const auto& of : sql.values) std::visit([&](const auto& v) { rows.bind(v); }, of);
  std::vector<RowId> found;
  for (;;) {
    DCMFS_TRY(const bool more, rows.step());
    if (!more) return found;
    found.push_back(rows.row(0));
  }
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

// Without those that were removed since.
Result<std::vector<Resource>> read_resources(Connection& db, const Query& query,
                                             std::span<const RowId> rows) {
  std::vector<Resource> resources;
  for (const RowId row : rows) {
    DCMFS_TRY(auto resource, read_resource(db, {query.level, row}, Attributes::lineage,
                                           query.totals ? Totals::counted : Totals::none));
    if (!resource) continue;
    for (const Tag tag : query.also) DCMFS_CHECK(add_computed(db, tag, *resource));
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

}  // namespace dcmfs::detail
