#include "store/kept_values.h"

#include "store/detail/file_ops.h"
#include "store/detail/index.h"
#include "store/detail/outbox_rows.h"
#include "store/detail/sqlite.h"

namespace dcmfs {

using detail::Connection;
using detail::Statement;

Result<std::optional<std::string>> KeptValues::get(std::string_view kind,
                                                   std::string_view name) const {
  std::optional<std::string> value;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    DCMFS_TRY(value, detail::kept_value(db, kind, name));
    return {};
  }));
  return value;
}

Result<std::map<std::string, std::string>> KeptValues::all(std::string_view kind) const {
  std::map<std::string, std::string> values;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    Statement rows = db.prepare("SELECT name, value FROM kept_value WHERE kind = ?1");
    rows.bind(kind);
    for (;;) {
      DCMFS_TRY(const bool more, rows.step());
      if (!more) return {};
      values.emplace(rows.text(0), rows.text(1));
    }
  }));
  return values;
}

Result<> KeptValues::set(std::string_view kind, std::string_view name, std::string_view value) {
  return set_all(kind, {{std::string(name), std::string(value)}});
}

Result<> KeptValues::set_all(std::string_view kind,
                             const std::map<std::string, std::string>& values) {
  for (const auto& [name, value] : values)
    if (name.size() > kNameBytesMax || value.size() > kValueBytesMax)
      return Error{Errc::too_large, "a value to keep is too long"};
  return index_.write_durably([&](Connection& db) -> Result<> {
    for (const auto& [name, value] : values) DCMFS_CHECK(detail::keep_value(db, kind, name, value));
    return {};
  });
}

Result<> KeptValues::remove(std::string_view kind, std::string_view name) {
  return index_.write_durably([&](Connection& db) {
    return db.run("DELETE FROM kept_value WHERE kind = ?1 AND name = ?2", kind, name);
  });
}

Result<bool> KeptValues::remove_unless_last(std::string_view kind, std::string_view name) {
  bool removed = false;
  DCMFS_CHECK(index_.write_durably([&](Connection& db) -> Result<> {
    DCMFS_CHECK(
        db.run("DELETE FROM kept_value WHERE kind = ?1 AND name = ?2"
               " AND EXISTS (SELECT 1 FROM kept_value WHERE kind = ?1 AND name <> ?2)",
               kind, name));
    removed = db.changes() > 0;
    return {};
  }));
  return removed;
}

}  // namespace dcmfs
