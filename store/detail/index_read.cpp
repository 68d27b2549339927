// Looking at one resource, and at the entries of a folder of the tree.
#include <array>

#include "store/detail/index_state.h"
#include "store/detail/level_sql.h"
#include "store/detail/resource_row.h"
#include "store/dicom/text.h"

namespace dcmfs::detail {
namespace {

std::string entry_select(Level level) {
  std::string sql = "SELECT " + std::string(table(level)) + ".id, " + parent_of(level) + ", " +
                    std::string(table(level)) + ".name, " + newest_reception(level);
  if (level == Level::instance)
    sql +=
        ", size, json_size, pdf_size, picture_rows, picture_columns, picture_channels, "
        "picture_frames";
  return sql + " FROM " + std::string(table(level)) + " WHERE ";
}

// `where` makes the condition of a level's query.
template <class Where>
std::array<std::string, 4> entry_queries(Where where) {
  const auto query = [&](Level level) { return entry_select(level) + where(level); };
  return {query(Level::patient), query(Level::study), query(Level::series), query(Level::instance)};
}

Entry entry_of(Level level, const Statement& row) {
  Entry entry{.key = {level, row.row(0)},
              .parent = {parent(level).value_or(level), row.row(1)},
              .name = row.text(2),
              .received = from_ms(row.integer(3))};
  if (level != Level::instance) return entry;
  entry.file_size = row.integer(4);
  entry.json_size = row.integer(5);
  entry.pdf_size = row.integer(6);
  entry.rows = static_cast<int>(row.integer(7));
  entry.columns = static_cast<int>(row.integer(8));
  entry.channels = static_cast<int>(row.integer(9));
  entry.frames = static_cast<int>(row.integer(10));
  return entry;
}

// The level below `above`; the patients are below nothing.
Result<Level> level_below(std::optional<Key> above) {
  if (!above) return Level::patient;
  if (const auto below = child(above->level)) return *below;
  return Error{Errc::invalid_argument, "an instance has nothing below it"};
}

Error nothing(Level level) {
  return {Errc::not_found, "no such " + std::string(info(level).singular)};
}

}  // namespace

Result<Entry> Index::entry(Key key) const {
  static const auto kSql =
      entry_queries([](Level level) { return std::string(table(level)) + ".id = ?1"; });
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement row = db->prepare(kSql[index_of(key.level)]);
  DCMFS_TRY(const bool found, row.bind(key.row).step());
  if (!found) return nothing(key.level);
  return entry_of(key.level, row);
}

Result<std::vector<std::string>> Index::names(Key key) const {
  static const auto kSql = [] {
    std::array<std::string, 4> sql;
    for (const LevelInfo& of : kLevels) {
      std::string columns;
      for (const LevelInfo& above : kLevels) {
        if (above.level > of.level) continue;
        columns += (columns.empty() ? "" : ", ") + std::string(table(above.level)) + ".name";
      }
      const std::string from(table(of.level));
      sql[index_of(of.level)] = "SELECT " + columns + " FROM " + from +
                                join_upward(of.level, Level::patient) + " WHERE " + from +
                                ".id = ?1";
    }
    return sql;
  }();
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement row = db->prepare(kSql[index_of(key.level)]);
  DCMFS_TRY(const bool found, row.bind(key.row).step());
  if (!found) return nothing(key.level);
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(index_of(key.level)); ++i) names.push_back(row.text(i));
  return names;
}

Result<Entry> Index::entry_named(std::optional<Key> above, std::string_view name) const {
  // Found by the unique index on the folded name, then compared as it is written. Names of
  // instances are digits and small letters; NOCASE is how their index is made.
  static const auto kSql = entry_queries([](Level level) -> std::string {
    const std::string of(table(level));
    if (level == Level::patient) return "name_fold = ?1 AND name = ?2";
    if (level == Level::instance) return "name = ?1 COLLATE NOCASE AND name = ?2 AND series = ?3";
    return "name_fold = ?1 AND name = ?2 AND " + parent_of(level) + " = ?3";
  });
  DCMFS_TRY(const Level level, level_below(above));
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement row = db->prepare(kSql[index_of(level)]);
  if (level == Level::instance) {
    row.bind(name);
  } else {
    row.bind(fold(name));
  }
  row.bind(name);
  if (above) row.bind(above->row);
  DCMFS_TRY(const bool found, row.step());
  if (!found) return nothing(level);
  return entry_of(level, row);
}

Result<std::vector<Entry>> Index::entries(std::optional<Key> above, RowId after,
                                          std::size_t limit) const {
  static const auto kSql = entry_queries([](Level level) {
    const std::string id = std::string(table(level)) + ".id";
    const std::string rest = id + " > ?1 ORDER BY " + id + " LIMIT ?2";
    return level == Level::patient ? rest : parent_of(level) + " = ?3 AND " + rest;
  });
  DCMFS_TRY(const Level level, level_below(above));
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement rows = db->prepare(kSql[index_of(level)]);
  rows.bind(after).bind(static_cast<std::int64_t>(limit));
  if (above) rows.bind(above->row);
  return rows.all([level](const Statement& row) { return entry_of(level, row); });
}

Result<std::vector<Entry>> Index::entries_by_name(Key series, std::string_view after,
                                                  std::size_t limit) const {
  // By the index that keeps the names of a series unique.
  static const std::string kSql =
      entry_select(Level::instance) +
      "series = ?1 AND name > ?2 COLLATE NOCASE ORDER BY name COLLATE NOCASE LIMIT ?3";
  if (series.level != Level::series) return Error{Errc::invalid_argument, "not a series"};
  DCMFS_TRY(const auto db, state_->readers.lease());
  Statement rows = db->prepare(kSql);
  rows.bind(series.row).bind(after).bind(static_cast<std::int64_t>(limit));
  return rows.all([](const Statement& row) { return entry_of(Level::instance, row); });
}

Result<Resource> Index::get(Key key) const {
  DCMFS_TRY(const auto db, state_->readers.lease());
  DCMFS_TRY(auto resource, read_resource(*db, key, Wanted{}));
  if (!resource) return nothing(key.level);
  return *std::move(resource);
}

Result<Key> Index::key(Level level, const ResourceId& id) const {
  DCMFS_TRY(const auto db, state_->readers.lease());
  DCMFS_TRY(const auto row, row_of(*db, level, id));
  if (!row) return nothing(level);
  return Key{level, *row};
}

}  // namespace dcmfs::detail
