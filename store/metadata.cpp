#include "store/metadata.h"

#include <algorithm>
#include <array>

#include "store/detail/annotations.h"
#include "store/detail/index.h"
#include "store/detail/level_sql.h"
#include "store/detail/md5.h"
#include "store/detail/told_metadata.h"
#include "store/dicom/text.h"
#include "store/number.h"

namespace dcmfs {
namespace {

using detail::Connection;
using detail::Statement;

constexpr std::int64_t kNothing = -1;  // as a revision

// One row: all that the store tells of a resource of a level, in the order of told_metadata().
const std::string& told_select(Level level) {
  static const auto make = [](Level of) {
    std::string sql = "SELECT 1";
    for (const detail::Told& told : detail::told_metadata())
      if (told.level == of) sql += ", " + told.text;
    const std::string from(detail::table(of));
    return sql + " FROM " + from + " WHERE " + from + ".id = ?1";
  };
  static const std::array kSql{make(Level::patient), make(Level::study), make(Level::series),
                               make(Level::instance)};
  return kSql[index_of(level)];
}

Result<> add_told(Connection& db, Key key, std::map<std::string, MetadataValue>& all) {
  Statement row = db.prepare(told_select(key.level));
  DCMFS_TRY(const bool found, row.bind(key.row).step());
  if (!found) return detail::require_resource(db, key);
  int at = 1;
  for (const detail::Told& told : detail::told_metadata()) {
    if (told.level != key.level) continue;
    if (auto text = row.text_or_null(at++))
      all.insert_or_assign(std::string(told.name), MetadataValue{*std::move(text), {}, true});
  }
  return {};
}

Result<std::int64_t> revision_of(Connection& db, Key key, std::string_view name) {
  DCMFS_TRY(const auto found,
            db.integer("SELECT revision FROM metadata WHERE level = ?1 AND row = ?2 AND name = ?3",
                       static_cast<int>(key.level), key.row, name));
  return found.value_or(kNothing);
}

Result<Md5Sum> md5_of_value(Connection& db, Key key, std::string_view name) {
  Statement row =
      db.prepare("SELECT value FROM metadata WHERE level = ?1 AND row = ?2 AND name = ?3");
  row.bind(static_cast<int>(key.level)).bind(key.row).bind(name);
  DCMFS_TRY(const bool found, row.step());
  return detail::md5_of(found ? row.text(0) : std::string());
}

Result<> write_value(Connection& db, Key key, std::string_view name, std::string_view text,
                     std::int64_t revision) {
  return db.run(
      "INSERT INTO metadata(level, row, name, value, revision) VALUES(?1, ?2, ?3, ?4, ?5)"
      " ON CONFLICT(level, row, name)"
      " DO UPDATE SET value = excluded.value, revision = excluded.revision",
      static_cast<int>(key.level), key.row, name, text, revision);
}

Result<> require_name(std::string_view name) {
  if (Metadata::is_the_stores(name))
    return Error{Errc::denied, "this metadata is set by the store alone"};
  if (!Metadata::is_name(name))
    return Error{Errc::invalid_argument,
                 "metadata is called by 1 to 64 bytes of text, or by a number from 1024 to 65535"};
  return {};
}

}  // namespace

bool Metadata::is_name(std::string_view name) {
  constexpr int kNumberMin = 1024, kNumberMax = 65535;
  if (name.empty() || name.size() > kNameBytesMax || !is_valid_utf8(name)) return false;
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/';
  };
  if (std::ranges::any_of(name, is_control)) return false;
  if (name.find_first_not_of("0123456789") != name.npos) return true;
  const auto number = parse_whole<int>(name);
  return number && *number >= kNumberMin && *number <= kNumberMax;
}

bool Metadata::is_the_stores(std::string_view name) {
  if (name == detail::kAnonymizedFrom || name == detail::kModifiedFrom) return true;
  return std::ranges::any_of(detail::told_metadata(),
                             [&](const detail::Told& told) { return told.name == name; });
}

Result<std::optional<MetadataValue>> Metadata::get(Key key, std::string_view name) const {
  std::optional<MetadataValue> value;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    DCMFS_CHECK(detail::require_resource(db, key));
    const detail::Told* told = detail::find_told(key.level, name);
    const std::string of(detail::table(key.level));
    Statement row =
        told ? db.prepare("SELECT " + told->text + ", 0 FROM " + of + " WHERE " + of + ".id = ?1")
             : db.prepare(
                   "SELECT value, revision FROM metadata"
                   " WHERE row = ?1 AND level = ?2 AND name = ?3");
    row.bind(key.row);
    if (!told) row.bind(static_cast<int>(key.level)).bind(name);
    DCMFS_TRY(const bool found, row.step());
    if (found && !row.is_null(0))
      value = MetadataValue{row.text(0), Revision{row.integer(1)}, is_the_stores(name)};
    return {};
  }));
  return value;
}

Result<std::map<std::string, MetadataValue>> Metadata::all(Key key) const {
  std::map<std::string, MetadataValue> all;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    DCMFS_CHECK(add_told(db, key, all));
    Statement rows =
        db.prepare("SELECT name, value, revision FROM metadata WHERE level = ?1 AND row = ?2");
    rows.bind(static_cast<int>(key.level)).bind(key.row);
    for (;;) {
      DCMFS_TRY(const bool more, rows.step());
      if (!more) return {};
      std::string name = rows.text(0);
      const bool is_ours = is_the_stores(name);
      all.emplace(std::move(name), MetadataValue{rows.text(1), Revision{rows.integer(2)}, is_ours});
    }
  }));
  return all;
}

Result<Revision> Metadata::put(Key key, std::string_view name, std::string_view text, Time now,
                               Expected expected) {
  DCMFS_CHECK(require_name(name));
  if (text.size() > kValueBytesMax) return Error{Errc::too_large, "metadata of more than 1 MiB"};
  std::int64_t revision = 0;
  DCMFS_CHECK(index_.write_durably([&](Connection& db) -> Result<> {
    DCMFS_CHECK(detail::require_resource(db, key));
    DCMFS_TRY(const std::int64_t before, revision_of(db, key, name));
    DCMFS_CHECK(
        detail::require_expected(expected, before, [&] { return md5_of_value(db, key, name); }));
    revision = before + 1;
    DCMFS_CHECK(write_value(db, key, name, text, revision));
    return detail::note_change(db, ChangeType::updated_metadata, key, now);
  }));
  return Revision{revision};
}

Result<> Metadata::remove(Key key, std::string_view name, Time now, Expected expected) {
  DCMFS_CHECK(require_name(name));
  return index_.write_durably([&](Connection& db) -> Result<> {
    DCMFS_TRY(const std::int64_t before, revision_of(db, key, name));
    DCMFS_CHECK(
        detail::require_expected(expected, before, [&] { return md5_of_value(db, key, name); }));
    if (before == kNothing) return {};
    DCMFS_CHECK(db.run("DELETE FROM metadata WHERE level = ?1 AND row = ?2 AND name = ?3",
                       static_cast<int>(key.level), key.row, name));
    return detail::note_change(db, ChangeType::updated_metadata, key, now);
  });
}

Result<> Metadata::set_source(std::span<const Source> sources, Made how) {
  const auto name = how == Made::anonymized ? detail::kAnonymizedFrom : detail::kModifiedFrom;
  return index_.write_durably([&](Connection& db) -> Result<> {
    for (const Source& source : sources) {
      DCMFS_CHECK(detail::require_resource(db, source.of));
      DCMFS_CHECK(write_value(db, source.of, name, source.source.str(), 0));
    }
    return {};
  });
}

}  // namespace dcmfs
