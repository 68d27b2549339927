#include "store/stability.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "store/detail/annotations.h"
#include "store/detail/file_ops.h"
#include "store/detail/index.h"
#include "store/detail/level_sql.h"
#include "store/detail/resource_row.h"

namespace dcmfs {
namespace {

using detail::Connection;
using detail::Statement;

// All that has an instance up to this row, and none above, has its change.
constexpr char kStableThrough[] = "stable_through";
constexpr std::int64_t kRowsAtOnce = 10'000;
constexpr std::size_t kChangesAtOnce = 1000;  // others wait for the transaction

// In this order, whatever SQLite thinks: it begins with the few new ones.
std::string arrivals() {
  return "SELECT instance.id, instance.received, series.id, study.id, study.patient, " +
         detail::expected_instances() +
         " IS NOT NULL FROM instance"
         " CROSS JOIN series ON series.id = instance.series"
         " CROSS JOIN study ON study.id = series.study"
         " WHERE instance.id > ?1 ORDER BY instance.id LIMIT ?2";
}

struct Newest {
  RowId instance, told;
};

// nullopt: it is gone. `told`: the column of the level's table.
Result<std::optional<Newest>> newest_below(Connection& db, Key key, std::string_view told) {
  const std::string of(detail::table(key.level));
  Statement row = db.prepare("SELECT coalesce(" + detail::newest_instance(key.level) + ", 0), " +
                             std::string(told) + " FROM " + of + " WHERE " + of + ".id = ?1");
  DCMFS_TRY(const bool found, row.bind(key.row).step());
  if (!found) return std::optional<Newest>();
  return std::optional(Newest{row.row(0), row.row(1)});
}

Result<> tell(Connection& db, Key key, ChangeType type, std::string_view column, RowId newest,
              Time now) {
  DCMFS_CHECK(db.run("UPDATE " + std::string(detail::table(key.level)) + " SET " +
                         std::string(column) + " = ?2 WHERE id = ?1",
                     key.row, newest));
  return detail::note_change(db, type, key, now);
}

Result<> tell_if_complete(Connection& db, Key series, Time now) {
  constexpr std::string_view kTold = "complete_through";
  static const std::string kExpected =
      "SELECT " + detail::expected_instances() + " FROM series WHERE id = ?1";
  Statement row = db.prepare(kExpected);
  DCMFS_TRY(const bool found, row.bind(series.row).step());
  if (!found || row.is_null(0)) return {};
  DCMFS_TRY(const auto status, detail::status_of_series(db, series.row, row.integer(0)));
  if (status != SeriesStatus::complete) return {};
  DCMFS_TRY(const auto newest, newest_below(db, series, kTold));
  if (!newest || newest->told >= newest->instance) return {};
  return tell(db, series, ChangeType::completed, kTold, newest->instance, now);
}

// Unless it has grown since it was looked at: then it is looked at again.
Result<> tell_if_stable(Connection& db, Key key, RowId newest_seen, Time now) {
  constexpr std::string_view kTold = "stable_through";
  DCMFS_TRY(const auto newest, newest_below(db, key, kTold));
  if (!newest || newest->instance > newest_seen || newest->told >= newest->instance) return {};
  return tell(db, key, ChangeType::stable, kTold, newest->instance, now);
}

}  // namespace

Result<std::optional<Time>> Stability::update(Time now, std::chrono::milliseconds age) {
  DCMFS_CHECK(look(now));
  DCMFS_CHECK(write(now, age));
  std::optional<Time> next;
  for (const auto& [key, growing] : growing_) {
    if (!next || growing.since + age < *next) next = growing.since + age;
  }
  return next;
}

Result<> Stability::look(Time now) {
  if (!seen_) {
    DCMFS_TRY(const auto kept, index_.meta(kStableThrough));
    seen_ = RowId{kept ? std::atoll(kept->c_str()) : 0};
  }
  for (std::int64_t got = kRowsAtOnce; got == kRowsAtOnce;) {
    got = 0;
    DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
      static const std::string kArrivals = arrivals();
      Statement rows = db.prepare(kArrivals);
      rows.bind(*seen_).bind(kRowsAtOnce);
      for (;; ++got) {
        DCMFS_TRY(const bool more, rows.step());
        if (!more) return {};
        const Growing growing{rows.row(0), std::min(from_ms(rows.integer(1)), now)};
        const Key series{Level::series, rows.row(2)};
        const Key study{Level::study, rows.row(3)}, patient{Level::patient, rows.row(4)};
        for (const Key key : {series, study, patient}) growing_.insert_or_assign(key, growing);
        if (rows.integer(5) != 0) grown_.insert(series);
        seen_ = growing.newest;
      }
    }));
  }
  return {};
}

Result<> Stability::write(Time now, std::chrono::milliseconds age) {
  std::vector<Due> due;
  for (const auto& [key, growing] : growing_) {
    if (growing.since + age <= now) due.emplace_back(key, growing);
  }
  // In the order in which they came to rest, children before their parents.
  std::ranges::sort(due, [](const Due& a, const Due& b) {
    if (a.second.newest != b.second.newest) return a.second.newest < b.second.newest;
    return a.first.level > b.first.level;
  });
  for (std::span<const Due> rest = due; !rest.empty() || !grown_.empty();) {
    const auto now_due = rest.first(std::min(rest.size(), kChangesAtOnce));
    for (const auto& [key, growing] : now_due) growing_.erase(key);
    if (auto written = write(now_due, now); !written) {
      growing_.insert(now_due.begin(), now_due.end());
      return written;
    }
    grown_.clear();
    rest = rest.subspan(now_due.size());
  }
  return {};
}

Result<> Stability::write(std::span<const Due> due, Time now) {
  RowId through = *seen_;
  for (const auto& [key, growing] : growing_)
    through = std::min(through, RowId{value(growing.newest) - 1});
  DCMFS_TRY(auto batch, index_.begin());
  DCMFS_CHECK(batch.with([&](Connection& db) -> Result<> {
    for (const Key series : grown_) DCMFS_CHECK(tell_if_complete(db, series, now));
    for (const auto& [key, growing] : due)
      DCMFS_CHECK(tell_if_stable(db, key, growing.newest, now));
    return {};
  }));
  DCMFS_CHECK(batch.set_meta(kStableThrough, std::to_string(value(through))));
  DCMFS_CHECK(detail::file_ops::about_to_commit());
  DCMFS_CHECK(batch.commit());
  return index_.make_durable();
}

}  // namespace dcmfs
