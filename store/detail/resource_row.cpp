#include "store/detail/resource_row.h"

#include <array>

#include "store/attributes.h"
#include "store/detail/level_sql.h"

namespace dcmfs::detail {
namespace {

// The columns that come first, whatever the level.
enum Column : int { kReceived, kNewest, kChildren, kInstances, kBytes, kPerLevel };

std::vector<Level> levels_down_to(Level level) {
  std::vector<Level> levels;
  for (const LevelInfo& of : kLevels)
    if (of.level <= level) levels.push_back(of.level);
  return levels;
}

// kReceived ..., then for each level from the patient down: id, identifier, attributes.
// Of the levels above, attributes only if they are wanted.
std::string resource_select(Level level, Attributes wanted, Totals totals) {
  const std::string of(table(level));
  std::string sql = "SELECT " + of + ".received, ";
  sql += totals == Totals::none ? of + ".received, 0, 0, 0"
                                : newest_reception(level) + ", " + count_children(level) + ", " +
                                      count_instances(level) + ", " + sum_bytes(level);
  for (const Level at : levels_down_to(level)) {
    sql += ", " + std::string(table(at)) + ".id, " + unique_column(at);
    if (at != level && wanted == Attributes::own) continue;
    for (const Attribute& attribute : attributes(at)) sql += ", " + column(attribute);
  }
  return sql + " FROM " + of + join_upward(level, Level::patient) + " WHERE " + of + ".id = ?1";
}

const std::string& select_of(Level level, Attributes wanted, Totals totals) {
  static const auto make = [](Attributes attributes_wanted, Totals totals_wanted) {
    const auto of = [=](Level at) { return resource_select(at, attributes_wanted, totals_wanted); };
    return std::array{of(Level::patient), of(Level::study), of(Level::series), of(Level::instance)};
  };
  static const std::array kOwn{make(Attributes::own, Totals::none),
                               make(Attributes::own, Totals::counted)};
  static const std::array kLineage{make(Attributes::lineage, Totals::none),
                                   make(Attributes::lineage, Totals::counted)};
  const auto& of = wanted == Attributes::own ? kOwn : kLineage;
  return of[totals == Totals::counted ? 1 : 0][index_of(level)];
}

Resource resource_of(Key key, Attributes wanted, const Statement& row) {
  Resource resource;
  resource.key = key;
  resource.received = from_ms(row.integer(kReceived));
  resource.last_update = from_ms(row.integer(kNewest));
  resource.children = row.integer(kChildren);
  resource.instances = row.integer(kInstances);
  resource.bytes = row.integer(kBytes);
  std::string* const uids[] = {&resource.uids.patient_id, &resource.uids.study,
                               &resource.uids.series, &resource.uids.sop_instance};
  int at = kPerLevel;
  for (const Level level : levels_down_to(key.level)) {
    if (level != key.level)
      resource.ancestors.insert(resource.ancestors.begin(), Key{level, row.row(at)});
    *uids[index_of(level)] = row.text(at + 1);
    at += 2;
    if (level != key.level && wanted == Attributes::own) continue;
    // An attribute that is kept at two levels: the lower one is nearer to the resource.
    for (const Attribute& attribute : attributes(level))
      if (auto text = row.text_or_null(at++))
        resource.attributes.insert_or_assign(attribute.tag, *std::move(text));
  }
  resource.id = ResourceId::of(key.level, resource.uids);
  return resource;
}

}  // namespace

Result<std::optional<Resource>> read_resource(Connection& db, Key key, Attributes wanted,
                                              Totals totals) {
  Statement row = db.prepare(select_of(key.level, wanted, totals));
  DCMFS_TRY(const bool found, row.bind(key.row).step());
  if (!found) return std::optional<Resource>();
  return std::optional(resource_of(key, wanted, row));
}

// 64 bits may be shared by two ids: the rest is compared.
Result<std::optional<RowId>> row_of(Connection& db, Level level, const ResourceId& id) {
  static const auto make = [](Level of) {
    std::string sql = "SELECT " + std::string(table(of)) + ".id";
    for (const Level at : levels_down_to(of)) sql += ", " + unique_column(at);
    return sql + " FROM " + std::string(table(of)) + join_upward(of, Level::patient) + " WHERE " +
           std::string(table(of)) + ".id64 = ?1";
  };
  static const std::array kSql{make(Level::patient), make(Level::study), make(Level::series),
                               make(Level::instance)};
  Statement rows = db.prepare(kSql[index_of(level)]);
  rows.bind(id.prefix());
  for (;;) {
    DCMFS_TRY(const bool more, rows.step());
    if (!more) return std::optional<RowId>();
    Uids uids;
    std::string* const parts[] = {&uids.patient_id, &uids.study, &uids.series, &uids.sop_instance};
    for (std::size_t i = 0; i <= index_of(level); ++i)
      *parts[i] = rows.text(static_cast<int>(i) + 1);
    if (ResourceId::of(level, uids) == id) return std::optional(rows.row(0));
  }
}

}  // namespace dcmfs::detail
