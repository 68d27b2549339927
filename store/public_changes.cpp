#include "store/public_changes.h"

#include <algorithm>
#include <string>

#include "store/detail/annotations.h"
#include "store/detail/change_log.h"
#include "store/detail/index.h"

namespace dcmfs {
namespace {

using detail::Connection;
using detail::Statement;

constexpr char kClearedThrough[] = "changes_cleared_through";
constexpr PublicChanges::Kind kArrival{ChangeType::added, Level::instance};

Result<std::int64_t> cleared_through(Connection& db) {
  DCMFS_TRY(const auto seq, db.integer("SELECT value FROM meta WHERE key = ?1", kClearedThrough));
  return seq.value_or(0);
}

Result<std::int64_t> highest(Connection& db) {
  DCMFS_TRY(const auto seq, db.integer("SELECT seq FROM sqlite_sequence WHERE name = 'change'"));
  return seq.value_or(0);
}

// nullopt: it was removed since. Rows of an older dcmfs have no id.
Result<std::optional<PublicChange>> change_of(Connection& db, const Statement& row) {
  PublicChange change;
  change.seq = row.integer(0);
  change.type = static_cast<ChangeType>(row.integer(1));
  change.what = {static_cast<Level>(row.integer(2)), row.row(3)};
  change.at = from_ms(row.integer(4));
  if (row.is_null(5)) {
    DCMFS_TRY(const auto known, detail::describe(db, change.what));
    if (!known) return std::optional<PublicChange>();
    change.id = known->id;
  } else {
    DCMFS_TRY(change.id, ResourceId::parse(row.text(5)));
  }
  return std::optional(change);
}

// `condition`: what is asked of a row beside the window, with parameters from ?4 on.
Result<> read_rows(Connection& db, const PublicChanges::Window& window, std::string_view condition,
                   std::optional<PublicChanges::Kind> kind, std::vector<PublicChange>& into) {
  Statement rows = db.prepare(
      "SELECT seq, type, level, row, at, id FROM change WHERE seq > ?1 AND seq <= ?2 AND " +
      std::string(condition) +
      (window.descending ? " ORDER BY seq DESC LIMIT ?3" : " ORDER BY seq LIMIT ?3"));
  rows.bind(window.since).bind(window.through).bind(static_cast<std::int64_t>(window.limit));
  if (kind) rows.bind(static_cast<int>(kind->type)).bind(static_cast<int>(kind->level));
  for (;;) {
    DCMFS_TRY(const bool more, rows.step());
    if (!more) return {};
    DCMFS_TRY(auto change, change_of(db, rows));
    if (change) into.push_back(*std::move(change));
  }
}

// Arrivals are most of the log: they are found by walking it. All others have an index, so that a
// rare one is found among millions.
Result<> read_kind(Connection& db, const PublicChanges::Window& window, PublicChanges::Kind kind,
                   std::vector<PublicChange>& into) {
  if (kind == kArrival) return read_rows(db, window, "type = ?4 AND level = ?5", kind, into);
  return read_rows(db, window, "type = ?4 AND level = ?5 AND (type > 2 OR level < 3)", kind, into);
}

}  // namespace

Result<std::vector<PublicChange>> PublicChanges::read(const Window& asked) const {
  std::vector<PublicChange> found;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    Window window = asked;
    DCMFS_TRY(const std::int64_t cleared, cleared_through(db));
    window.since = std::max(window.since, cleared);
    window.limit = std::min<std::size_t>(window.limit, std::numeric_limits<int>::max());
    if (window.kinds.empty())
      return read_rows(db, window, "type NOT IN (2, 9)", std::nullopt, found);
    std::ranges::sort(window.kinds);
    // Not std::ranges::unique: clang 14 does not take libstdc++'s subrange.
    window.kinds.erase(std::unique(window.kinds.begin(), window.kinds.end()), window.kinds.end());
    for (const Kind kind : window.kinds) {
      if (is_public(kind.type)) DCMFS_CHECK(read_kind(db, window, kind, found));
    }
    const auto order = [&](const PublicChange& a, const PublicChange& b) {
      return window.descending ? a.seq > b.seq : a.seq < b.seq;
    };
    std::ranges::sort(found, order);
    if (found.size() > window.limit)
      found.erase(found.begin() + static_cast<std::ptrdiff_t>(window.limit), found.end());
    return {};
  }));
  return found;
}

Result<std::optional<PublicChange>> PublicChanges::last() const {
  DCMFS_TRY(const auto changes, read({.limit = 1, .descending = true}));
  return changes.empty() ? std::nullopt : std::optional(changes.front());
}

Result<std::int64_t> PublicChanges::last_seq() const {
  std::int64_t seq = 0;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    DCMFS_TRY(seq, highest(db));
    return {};
  }));
  return seq;
}

Result<> PublicChanges::clear() {
  return index_.write_durably([&](Connection& db) -> Result<> {
    DCMFS_TRY(const std::int64_t seq, highest(db));
    return db.run(
        "INSERT INTO meta(key, value) VALUES(?1, ?2)"
        " ON CONFLICT(key) DO UPDATE SET value = excluded.value",
        kClearedThrough, std::to_string(seq));
  });
}

Result<> PublicChanges::add(std::span<const Key> resources, ChangeType type, Time now) {
  if (type == ChangeType::added || type == ChangeType::stable || !is_public(type))
    return Error{Errc::invalid_argument, "the store itself tells of such a change"};
  return index_.write_durably([&](Connection& db) -> Result<> {
    for (const Key key : resources) DCMFS_CHECK(detail::note_change(db, type, key, now));
    return {};
  });
}

}  // namespace dcmfs
