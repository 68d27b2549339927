// How a resource goes, with all that is below it and the parents it leaves empty.
#include <array>

#include "store/detail/annotations.h"
#include "store/detail/index_state.h"
#include "store/detail/level_sql.h"

namespace dcmfs::detail {
namespace {

constexpr std::array<std::string_view, 4> kDelete{
    "DELETE FROM patient WHERE id = ?1", "DELETE FROM study WHERE id = ?1",
    "DELETE FROM series WHERE id = ?1", "DELETE FROM instance WHERE id = ?1"};
constexpr std::array<std::string_view, 3> kChildrenOf{
    "SELECT id FROM study WHERE patient = ?1 ORDER BY id",
    "SELECT id FROM series WHERE study = ?1 ORDER BY id",
    "SELECT id FROM instance WHERE series = ?1 ORDER BY id"};
constexpr std::array<std::string_view, 3> kAnyChild{
    "SELECT 1 FROM study WHERE patient = ?1 LIMIT 1",
    "SELECT 1 FROM series WHERE study = ?1 LIMIT 1",
    "SELECT 1 FROM instance WHERE series = ?1 LIMIT 1"};

Result<std::vector<RowId>> children_of(Connection& db, Key key) {
  if (key.level == Level::instance) return std::vector<RowId>();
  Statement rows = db.prepare(kChildrenOf[index_of(key.level)]);
  return rows.bind(key.row).all([](const Statement& row) { return row.row(0); });
}

// What is gone cannot be asked any more: the change keeps all that one needs to forget it.
Result<> log_removal(Connection& db, const Change& gone, Time at) {
  const int level = static_cast<int>(gone.what.level);
  constexpr int kRemoved = static_cast<int>(ChangeType::removed);
  DCMFS_CHECK(db.run("DELETE FROM change WHERE level = ?1 AND row = ?2 AND type <> ?3", level,
                     gone.what.row, kRemoved));
  return db.run(
      "INSERT INTO change(type, level, row, at, parent, id, name, place, link)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
      kRemoved, level, gone.what.row, to_ms(at), gone.parent.row, gone.id.str(), gone.name,
      gone.place, gone.link);
}

// Of a row that has no children (any more).
Result<> remove_row(Connection& db, const Change& gone, Time at) {
  const Key key = gone.what;
  DCMFS_CHECK(log_removal(db, gone, at));
  DCMFS_CHECK(drop_annotations(db, key));
  if (key.level == Level::instance)
    DCMFS_CHECK(db.run("INSERT OR IGNORE INTO doomed(instance) VALUES(?1)", key.row));
  DCMFS_CHECK(drop_trigrams(db, key));
  return db.run(kDelete[index_of(key.level)], key.row);
}

Result<> remove_tree(Connection& db, Key key, Time at, std::vector<RowId>& instances) {
  DCMFS_TRY(const auto children, children_of(db, key));
  for (const RowId row : children)
    DCMFS_CHECK(remove_tree(db, {*child(key.level), row}, at, instances));
  DCMFS_TRY(const auto gone, describe(db, key));
  if (!gone) return {};
  if (key.level == Level::instance) instances.push_back(key.row);
  return remove_row(db, *gone, at);
}

Result<> remove_if_empty(Connection& db, Key key, Time at) {
  DCMFS_TRY(const auto any, db.integer(kAnyChild[index_of(key.level)], key.row));
  if (any) return {};
  DCMFS_TRY(const auto gone, describe(db, key));
  if (!gone) return {};
  DCMFS_CHECK(remove_row(db, *gone, at));
  return key.level == Level::patient ? Result<>() : remove_if_empty(db, gone->parent, at);
}

}  // namespace

Result<std::vector<RowId>> Index::Batch::State::remove(Key key, Time at) {
  std::vector<RowId> instances;
  DCMFS_TRY(const auto top, describe(db, key));
  if (!top) return instances;
  known.clear();
  DCMFS_CHECK(remove_tree(db, key, at, instances));
  if (key.level != Level::patient) bereft.insert_or_assign(top->parent, at);
  return instances;
}

Result<> Index::Batch::State::remove_empty_parents() {
  for (const auto& [key, at] : bereft) DCMFS_CHECK(remove_if_empty(db, key, at));
  return {};
}

}  // namespace dcmfs::detail
