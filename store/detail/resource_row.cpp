#include "store/detail/resource_row.h"

#include <array>

#include "store/attributes.h"
#include "store/detail/level_sql.h"
#include "store/detail/series_size.h"
#include "store/dicom/text.h"

namespace dcmfs::detail {
namespace {

// The columns that come first, whatever the level.
enum Column : int {
  kReceived,
  kLastUpdate,
  kChildren,
  kInstances,
  kBytes,
  kStable,
  kProtected,
  kExpected,
  kIndex,
  kLabels,
  kId,
  kPerLevel = kId + 2
};

// kReceived ..., then for each level from the patient down: id, identifier, attributes.
// Of the levels above, attributes only if they are wanted.
std::string resource_select(Level level, const Wanted& wanted) {
  const std::string of(table(level));
  const bool newest = wanted.totals != Query::Totals::none;
  const bool counted = wanted.totals == Query::Totals::counted || level == Level::instance;
  const bool looks_below = newest && level != Level::instance;
  std::string sql = "SELECT " + of + ".received, ";
  sql += (looks_below ? "newest" : of) + ".received";
  const auto below = child(level);
  sql += counted ? ", " + (below ? count_below(level, *below) : "0") + ", " +
                       count_below(level, Level::instance) + ", " + sum_bytes(level)
                 : ", 0, 0, 0";
  sql += looks_below ? ", " + of + ".stable_through >= newest.id" : ", 0";
  sql += level == Level::patient ? ", patient.protected" : ", 0";
  sql += level == Level::series ? ", " + expected_instances() : ", NULL";
  sql += level == Level::instance ? ", " + index_in_series(of) : ", NULL";
  sql += wanted.labels == LabelsToo::yes ? ", " + labels_of(level) : ", NULL";
  sql += ", " + id_columns(level);
  for (const LevelInfo& each : levels_down_to(level)) {
    const Level at = each.level;
    sql += ", " + std::string(table(at)) + ".id, " + unique_column(at);
    if (at != level && wanted.attributes == Attributes::own) continue;
    for (const Attribute& attribute : attributes(at)) sql += ", " + column(attribute);
  }
  sql += " FROM " + of + join_upward(level, Level::patient);
  // Joined, so that it is looked for once.
  if (looks_below) sql += " LEFT JOIN instance newest ON newest.id = " + newest_instance(level);
  return sql + " WHERE " + of + ".id = ?1";
}

// Each made once: by level, attributes, totals, labels.
const std::string& select_of(Level level, const Wanted& wanted) {
  static const auto kSql = [] {
    std::array<std::array<std::string, 12>, 4> sql;
    for (const LevelInfo& of : kLevels) {
      for (std::size_t i = 0; i < 12; ++i) {
        sql[index_of(of.level)][i] = resource_select(
            of.level, {i & 1 ? Attributes::lineage : Attributes::own,
                       static_cast<Query::Totals>(i / 4), i & 2 ? LabelsToo::yes : LabelsToo::no});
      }
    }
    return sql;
  }();
  const std::size_t at = (wanted.attributes == Attributes::lineage ? 1u : 0u) +
                         (wanted.labels == LabelsToo::yes ? 2u : 0u) +
                         4 * static_cast<std::size_t>(wanted.totals);
  return kSql[index_of(level)][at];
}

std::optional<std::int64_t> integer_or_null(const Statement& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(row.integer(column));
}

Result<Resource> resource_of(Key key, Attributes wanted, const Statement& row) {
  Resource resource;
  resource.key = key;
  resource.received = from_ms(row.integer(kReceived));
  resource.last_update = from_ms(row.integer(kLastUpdate));
  resource.children = row.integer(kChildren);
  resource.instances = row.integer(kInstances);
  resource.bytes = row.integer(kBytes);
  resource.is_stable = row.integer(kStable) != 0;
  resource.is_protected = row.integer(kProtected) != 0;
  resource.expected_instances = integer_or_null(row, kExpected);
  resource.index_in_series = integer_or_null(row, kIndex);
  if (const auto labels = row.text_or_null(kLabels)) {
    for (const std::string_view label : split(*labels, ' ')) resource.labels.emplace_back(label);
  }
  int at = kPerLevel;
  for (const LevelInfo& of : levels_down_to(key.level)) {
    const Level level = of.level;
    if (level != key.level)
      resource.ancestors.insert(resource.ancestors.begin(), Key{level, row.row(at)});
    uid_of(resource.uids, level) = row.text(at + 1);
    at += 2;
    if (level != key.level && wanted == Attributes::own) continue;
    for (const Attribute& attribute : attributes(level)) {
      if (auto text = row.text_or_null(at++)) {
        resource.attributes.insert_or_assign(attribute.tag, *std::move(text));
      } else {
        resource.attributes.erase(attribute.tag);  // what a level above says is not said here
      }
    }
  }
  DCMFS_TRY(resource.id, id_at(row, kId));
  return resource;
}

}  // namespace

Result<std::optional<Resource>> read_resource(Connection& db, Key key, const Wanted& wanted) {
  Statement row = db.prepare(select_of(key.level, wanted));
  DCMFS_TRY(const bool found, row.bind(key.row).step());
  if (!found) return std::optional<Resource>();
  DCMFS_TRY(Resource resource, resource_of(key, wanted.attributes, row));
  if (resource.expected_instances && wanted.totals != Query::Totals::none) {
    DCMFS_TRY(resource.status, status_of_series(db, key.row, resource.expected_instances));
  }
  return std::optional(std::move(resource));
}

Result<SeriesStatus> status_of_series(Connection& db, RowId series,
                                      std::optional<std::int64_t> expected) {
  static const std::string kIndexes =
      "SELECT " + index_in_series("instance") + " FROM instance WHERE series = ?1";
  Statement rows = db.prepare(kIndexes);
  rows.bind(series);
  DCMFS_TRY(const auto indexes,
            rows.all([](const Statement& row) { return integer_or_null(row, 0); }));
  return series_status(expected, indexes);
}

// 64 bits may be shared by two ids: the rest is compared.
Result<std::optional<RowId>> row_of(Connection& db, Level level, const ResourceId& id) {
  static const auto make = [](Level of) {
    return "SELECT id FROM " + std::string(table(of)) + " WHERE id64 = ?1 AND id_rest = ?2";
  };
  static const std::array kSql{make(Level::patient), make(Level::study), make(Level::series),
                               make(Level::instance)};
  Statement row = db.prepare(kSql[index_of(level)]);
  DCMFS_TRY(const bool found, row.bind(id.prefix()).bind(id.rest()).step());
  return found ? std::optional(row.row(0)) : std::nullopt;
}

std::string id_columns(Level level) {
  const std::string of(table(level));
  return of + ".id64, " + of + ".id_rest";
}

Result<ResourceId> id_at(const Statement& row, int column) {
  const auto rest = row.blob(column + 1);
  if (rest.size() != ResourceId::kRest)
    return Error{Errc::corrupt, "index: a resource without an id"};
  return ResourceId::of_parts(row.integer(column), rest.first<ResourceId::kRest>());
}

}  // namespace dcmfs::detail
