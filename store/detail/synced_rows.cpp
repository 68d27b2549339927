#include "store/detail/synced_rows.h"

#include <algorithm>
#include <optional>

#include "store/detail/sqlite.h"

namespace dcmfs::detail {
namespace {

constexpr std::string_view kAtOrBelow =
    "SELECT first, last FROM synced WHERE first <= ?1 ORDER BY first DESC LIMIT 1";
constexpr std::string_view kAbove =
    "SELECT first, last FROM synced WHERE first > ?1 ORDER BY first LIMIT 1";

RowId following(RowId row) {
  return RowId{value(row) + 1};
}

// Whether nothing that has a file is between them.
Result<bool> touch(Connection& db, RowRange a, RowRange b) {
  if (b.first < a.first) std::swap(a, b);
  if (b.first <= following(a.last)) return true;
  DCMFS_TRY(
      const auto between,
      db.integer("SELECT 1 FROM instance WHERE id > ?1 AND id < ?2 LIMIT 1", a.last, b.first));
  return !between;
}

Result<std::optional<RowRange>> neighbour(Connection& db, std::string_view sql, RowRange of) {
  Statement row = db.prepare(sql);
  DCMFS_TRY(const bool found, row.bind(of.first).step());
  if (!found) return std::optional<RowRange>();
  return std::optional(RowRange{row.row(0), row.row(1)});
}

Result<> add_range(Connection& db, RowRange range) {
  for (const std::string_view side : {kAtOrBelow, kAbove}) {
    for (;;) {
      DCMFS_TRY(const auto other, neighbour(db, side, range));
      if (!other) break;
      DCMFS_TRY(const bool joins, touch(db, *other, range));
      if (!joins) break;
      DCMFS_CHECK(db.run("DELETE FROM synced WHERE first = ?1", other->first));
      range = {std::min(range.first, other->first), std::max(range.last, other->last)};
    }
  }
  return db.run("INSERT INTO synced(first, last) VALUES(?1, ?2)", range.first, range.last);
}

}  // namespace

void append(std::vector<RowRange>& ranges, RowRange range) {
  if (!ranges.empty() && following(ranges.back().last) == range.first) {
    ranges.back().last = range.last;
  } else {
    ranges.push_back(range);
  }
}

Result<> add_synced(Connection& db, std::span<const RowRange> ranges) {
  for (const RowRange& range : ranges) DCMFS_CHECK(add_range(db, range));
  return {};
}

Result<bool> is_synced(Connection& db, RowId row) {
  DCMFS_TRY(const auto range, neighbour(db, kAtOrBelow, {row, row}));
  return range && range->last >= row;
}

Result<std::vector<RowRange>> unsynced(Connection& db) {
  DCMFS_TRY(const auto last, db.integer("SELECT seq FROM sqlite_sequence WHERE name = 'instance'"));
  std::vector<RowRange> gaps;
  RowId next{1};
  Statement rows = db.prepare("SELECT first, last FROM synced ORDER BY first");
  for (;;) {
    DCMFS_TRY(const bool more, rows.step());
    if (!more) break;
    if (next < rows.row(0)) gaps.push_back({next, RowId{rows.integer(0) - 1}});
    next = std::max(next, following(rows.row(1)));
  }
  if (value(next) <= last.value_or(0)) gaps.push_back({next, RowId{*last}});
  return gaps;
}

}  // namespace dcmfs::detail
