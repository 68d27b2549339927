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
  Statement rows = bound(db, sql);
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

// Rows of a level (id, row above, identifier) as identities. Neighbours mostly have the same row
// above: its identifiers are looked up once.
class Identifying {
 public:
  Identifying(Connection& db, Level level) : db_(db), level_(level) {}

  Result<std::vector<Identity>> all_of(Statement& rows) {
    std::vector<Identity> found;
    for (;;) {
      DCMFS_TRY(const bool more, rows.step());
      if (!more) return found;
      DCMFS_TRY(const bool known, look_above(rows.row(1)));
      if (!known) continue;
      at(level_) = rows.text(2);
      found.push_back({{level_, rows.row(0)}, ResourceId::of(level_, uids_)});
    }
  }

 private:
  std::string& at(Level level) {
    const std::array all{&uids_.patient_id, &uids_.study, &uids_.series, &uids_.sop_instance};
    return *all[index_of(level)];
  }

  // False: it was removed since.
  Result<bool> look_above(RowId row) {
    if (level_ == Level::patient || row == above_) return true;
    for (Level level = *parent(level_);; level = *parent(level)) {
      Statement above = db_.prepare("SELECT " + unique_column(level) + ", " + parent_of(level) +
                                    " FROM " + std::string(table(level)) + " WHERE id = ?1");
      DCMFS_TRY(const bool found, above.bind(level == *parent(level_) ? row : next_).step());
      if (!found) return false;
      at(level) = above.text(0);
      next_ = above.row(1);
      if (level == Level::patient) break;
    }
    above_ = row;
    return true;
  }

  Connection& db_;
  const Level level_;
  Uids uids_;
  std::optional<RowId> above_;
  RowId next_{};
};

std::string identities_below(Level top, Level level) {
  const std::string of(table(level));
  return "SELECT " + of + ".id, " + parent_of(level) + ", " + unique_column(level) + " FROM " + of +
         join_upward(level, top) + " WHERE " + std::string(table(top)) + ".id = ?3 AND " + of +
         ".id > ?1 ORDER BY " + of + ".id LIMIT ?2";
}

// Without those that were removed since.
Result<std::vector<Resource>> read_resources(Connection& db, const Query& query,
                                             std::span<const RowId> rows) {
  const Wanted wanted{Attributes::lineage, query.totals ? Totals::counted : Totals::none,
                      query.labels ? LabelsToo::yes : LabelsToo::no};
  std::vector<Resource> resources;
  for (const RowId row : rows) {
    DCMFS_TRY(auto resource, read_resource(db, {query.level, row}, wanted));
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
  return Identifying(*db, query.level).all_of(rows);
}

Result<std::vector<Identity>> Index::identities(std::optional<Key> above, Level level,
                                                RowId after, std::size_t limit) const {
  if (above && above->level >= level)
    return Error{Errc::invalid_argument, "what is asked for is not below the given resource"};
  const std::string of(table(level));
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement rows = db->prepare(above ? identities_below(above->level, level)
                                     : "SELECT id, " + parent_of(level) + ", " +
                                           unique_column(level) + " FROM " + of +
                                           " WHERE id > ?1 ORDER BY id LIMIT ?2");
  rows.bind(after).bind(static_cast<std::int64_t>(
      std::min<std::size_t>(limit, std::numeric_limits<std::int64_t>::max())));
  if (above) rows.bind(above->row);
  return Identifying(*db, level).all_of(rows);
}

}  // namespace dcmfs::detail
