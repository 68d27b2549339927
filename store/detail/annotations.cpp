#include "store/detail/annotations.h"

#include <array>

#include "store/detail/change_log.h"

namespace dcmfs::detail {

Result<> require_resource(Connection& db, Key key) {
  constexpr std::array<std::string_view, 4> kIsThere{
      "SELECT 1 FROM patient WHERE id = ?1", "SELECT 1 FROM study WHERE id = ?1",
      "SELECT 1 FROM series WHERE id = ?1", "SELECT 1 FROM instance WHERE id = ?1"};
  DCMFS_TRY(const auto found, db.integer(kIsThere[index_of(key.level)], key.row));
  if (found) return {};
  return Error{Errc::not_found, "no such " + std::string(info(key.level).singular)};
}

Result<> require_expected(const Expected& expected, std::int64_t there,
                          const std::function<Result<Md5Sum>()>& content) {
  if (!expected.allows(there))
    return Error{Errc::already_exists, "it has another revision than was expected"};
  if (!expected.content()) return {};
  DCMFS_TRY(const auto sum, content());
  if (sum == *expected.content()) return {};
  return Error{Errc::already_exists, "it has another content than was expected"};
}

Result<> write_change(Connection& db, ChangeType type, Key key, const ResourceId& id, Time at) {
  return db.run("INSERT INTO change(type, level, row, at, id) VALUES(?1, ?2, ?3, ?4, ?5)",
                static_cast<int>(type), static_cast<int>(key.level), key.row, to_ms(at), id.str());
}

Result<> note_change(Connection& db, ChangeType type, Key key, Time at) {
  DCMFS_TRY(const auto known, describe(db, key));
  return known ? write_change(db, type, key, known->id, at) : Result<>();
}

Result<> drop_annotations(Connection& db, Key key) {
  const int level = static_cast<int>(key.level);
  DCMFS_CHECK(db.run("DELETE FROM label WHERE level = ?1 AND row = ?2", level, key.row));
  DCMFS_CHECK(db.run("DELETE FROM metadata WHERE level = ?1 AND row = ?2", level, key.row));
  DCMFS_CHECK(
      db.run("INSERT OR IGNORE INTO doomed_attachment(id)"
             " SELECT id FROM attachment WHERE level = ?1 AND row = ?2",
             level, key.row));
  return db.run("DELETE FROM attachment WHERE level = ?1 AND row = ?2", level, key.row);
}

Result<> pass_annotations_on(Connection& db, Key from, RowId to) {
  const int level = static_cast<int>(from.level);
  for (const std::string_view sql :
       {"UPDATE label SET row = ?3 WHERE level = ?1 AND row = ?2",
        "UPDATE metadata SET row = ?3 WHERE level = ?1 AND row = ?2",
        "UPDATE attachment SET row = ?3 WHERE level = ?1 AND row = ?2"}) {
    DCMFS_CHECK(db.run(sql, level, from.row, to));
  }
  return {};
}

}  // namespace dcmfs::detail
