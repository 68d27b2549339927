#include "store/detail/copy_rows.h"

#include <string>

namespace dcmfs::detail {
namespace {

constexpr int kLevelColumn = 0, kRowColumn = 1;

void copy_value(const Statement& from, int at, CopiedColumn::Type type, Statement& to) {
  if (from.is_null(at)) {
    to.bind(nullptr);
    return;
  }
  switch (type) {
    case CopiedColumn::Type::integer:
      to.bind(from.integer(at));
      return;
    case CopiedColumn::Type::text:
      to.bind(from.text(at));
      return;
    case CopiedColumn::Type::blob:
      to.bind(from.blob(at));
      return;
  }
}

}  // namespace

Result<> copy_rows(Connection& from, Connection& to, const CopiedTable& table) {
  return copy_rows(from, to, table, nullptr);
}

Result<> copy_rows(Connection& from, Connection& to, const CopiedTable& table, const Moved& moved) {
  std::string names, marks;
  for (const CopiedColumn& column : table.columns) {
    names += (names.empty() ? "" : ", ") + std::string(column.name);
    marks += marks.empty() ? "?" : ", ?";
  }
  const std::string of(table.name);
  Statement rows = from.prepare_once("SELECT " + names + " FROM " + of);
  for (;;) {
    DCMFS_TRY(const bool more, rows.step());
    if (!more) return {};
    std::optional<RowId> resource;
    if (moved) {
      DCMFS_TRY(resource,
                moved({static_cast<Level>(rows.integer(kLevelColumn)), rows.row(kRowColumn)}));
      if (!resource) continue;
    }
    Statement row = to.prepare("INSERT INTO " + of + "(" + names + ") VALUES(" + marks + ")");
    for (int i = 0; i < static_cast<int>(table.columns.size()); ++i) {
      if (moved && i == kRowColumn) {
        row.bind(*resource);
      } else {
        copy_value(rows, i, table.columns[static_cast<std::size_t>(i)].type, row);
      }
    }
    DCMFS_CHECK(row.run());
  }
}

Result<> copy_sequence(Connection& from, Connection& to, std::string_view table) {
  constexpr std::string_view kLast = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
  DCMFS_TRY(const auto last, from.integer(kLast, table));
  if (!last) return {};
  DCMFS_TRY(const auto known, to.integer(kLast, table));
  if (!known) return to.run("INSERT INTO sqlite_sequence(name, seq) VALUES(?1, ?2)", table, *last);
  return to.run("UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1", table, *last);
}

}  // namespace dcmfs::detail
