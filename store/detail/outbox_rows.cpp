#include "store/detail/outbox_rows.h"

#include <algorithm>
#include <array>

#include "store/detail/level_sql.h"
#include "store/dicom/text.h"

namespace dcmfs::detail {
namespace {

constexpr char kColumns[] =
    "outgoing.id, destination.name, state, instance, outgoing.name, sop_class, sop_instance,"
    " transfer_syntax, size, attempts, put, since, due, claim, transaction_uid, outgoing.trouble,"
    " outgoing.reason FROM outgoing JOIN destination ON destination.id = outgoing.destination";

constexpr char kDestinations[] =
    "SELECT name, sent, sent_bytes, last_sent, failures, troubles, not_before, trouble, reason,"
    " last_failed, id FROM destination";
// By the index, which has all of it.
constexpr char kCounts[] =
    "SELECT state, count(*), total(size) FROM outgoing WHERE destination = ?1 GROUP BY state";

constexpr std::array kClaimable{SendState::sending, SendState::waiting, SendState::queued};
// What was not tried yet could be sent since it was put (its due is 0, so that no clock keeps it).
constexpr char kDueOf[] =
    "SELECT id, iif(state = 0, put, due) FROM outgoing"
    " WHERE destination = ?1 AND state = ?2 AND due <= ?3 ORDER BY due, id LIMIT ?4";
constexpr char kClaim[] =
    "UPDATE outgoing SET state = ?2, due = ?3, since = ?4, claim = ?5 WHERE id = ?1";

constexpr char kInsertOwn[] =
    "INSERT INTO outgoing(destination, state, due, instance, name, put, since, size, sop_class,"
    " sop_instance, transfer_syntax, id)"
    " VALUES(?1, 0, 0, NULL, ?2, ?3, ?3, ?4, ?5, ?6, ?7, nullif(?8, 0))";

// The order is that of arrival within each series.
const std::string& order_sql(Level level) {
  static const auto kSql = [] {
    std::array<std::string, 4> sql;
    for (const LevelInfo& of : kLevels) {
      sql[index_of(of.level)] =
          "INSERT INTO outgoing(destination, state, due, instance, name, put, since, size,"
          " sop_class, sop_instance, transfer_syntax)"
          " SELECT ?1, 0, 0, instance.id, coalesce(nullif(?2, ''), instance.name || '.dcm'), ?3, "
          "?3,"
          " instance.size, coalesce(instance.SOPClassUID, ''), instance.SOPInstanceUID,"
          " transfer_syntax.uid FROM instance" +
          join_upward(Level::instance, of.level) +
          " JOIN transfer_syntax ON transfer_syntax.id = instance.transfer_syntax WHERE " +
          std::string(table(of.level)) + ".id = ?4 ORDER BY instance.series, instance.id";
    }
    return sql;
  }();
  return kSql[index_of(level)];
}

Outgoing outgoing_of(const Statement& row) {
  Outgoing entry;
  entry.id = OutboxId{row.integer(0)};
  entry.destination = row.text(1);
  entry.state = static_cast<SendState>(row.integer(2));
  if (!row.is_null(3)) entry.instance = row.row(3);
  entry.name = row.text(4);
  entry.sop_class = row.text(5);
  entry.sop_instance = row.text(6);
  entry.transfer_syntax = row.text(7);
  entry.size = row.integer(8);
  entry.attempts = static_cast<int>(row.integer(9));
  entry.put = from_ms(row.integer(10));
  entry.since = from_ms(row.integer(11));
  entry.due = from_ms(row.integer(12));
  entry.claim = row.integer(13);
  entry.transaction_uid = row.text(14);
  entry.failure = {static_cast<Trouble>(row.integer(15)), row.text(16)};
  return entry;
}

Result<> count(Connection& db, std::int64_t destination, DestinationStatus& status) {
  Statement rows = db.prepare(kCounts);
  rows.bind(destination);
  for (;;) {
    DCMFS_TRY(const bool more, rows.step());
    if (!more) return {};
    const std::int64_t entries = rows.integer(1);
    switch (static_cast<SendState>(rows.integer(0))) {
      case SendState::queued:
      case SendState::waiting:
        status.queued += entries;
        status.queued_bytes += rows.integer(2);
        break;
      case SendState::sending:
        status.sending += entries;
        break;
      case SendState::committing:
        status.committing += entries;
        break;
      case SendState::failed:
        status.failed += entries;
        break;
    }
  }
}

// The first `limit` of what may be claimed, in the order in which it could be: who was tried in vain goes behind
// those that wait since before its next attempt was due, so that none keeps the others from their turn.
Result<std::vector<std::int64_t>> claimable(Connection& db, std::int64_t destination,
                                            std::size_t limit, Time now) {
  struct Due {
    std::int64_t since, id;
  };
  std::vector<Due> all;
  for (const SendState state : kClaimable) {
    Statement rows = db.prepare(kDueOf);
    rows.bind(destination).bind(static_cast<int>(state)).bind(to_ms(now));
    rows.bind(static_cast<std::int64_t>(limit));
    for (;;) {
      DCMFS_TRY(const bool more, rows.step());
      if (!more) break;
      all.push_back({.since = rows.integer(1), .id = rows.integer(0)});
    }
  }
  std::ranges::stable_sort(all, {}, &Due::since);
  all.resize(std::min(all.size(), limit));
  std::vector<std::int64_t> ids;
  for (const Due& due : all) ids.push_back(due.id);
  return ids;
}

std::string cut_reason(const Failure& failure) {
  return std::string(cut_utf8(failure.reason, Outbox::kReasonBytesMax));
}

}  // namespace

// -- what is kept by name

Result<std::optional<std::string>> kept_value(Connection& db, std::string_view kind,
                                              std::string_view name) {
  Statement row = db.prepare("SELECT value FROM kept_value WHERE kind = ?1 AND name = ?2");
  DCMFS_TRY(const bool found, row.bind(kind).bind(name).step());
  if (!found) return std::optional<std::string>();
  return std::optional(row.text(0));
}

Result<> keep_value(Connection& db, std::string_view kind, std::string_view name,
                    std::string_view value) {
  return db.run(
      "INSERT INTO kept_value(kind, name, value) VALUES(?1, ?2, ?3)"
      " ON CONFLICT(kind, name) DO UPDATE SET value = excluded.value",
      kind, name, value);
}

// -- entries

Result<std::int64_t> destination_row(Connection& db, std::string_view name) {
  if (!is_destination(name)) return Error{Errc::invalid_argument, "not the name of a destination"};
  DCMFS_TRY(const auto found, db.integer("SELECT id FROM destination WHERE name = ?1", name));
  if (found) return *found;
  DCMFS_CHECK(db.run("INSERT INTO destination(name) VALUES(?1)", name));
  return value(db.last_insert());
}

Result<> insert_orders(Connection& db, std::span<const Outbox::Order> orders, Time now,
                       Outbox::Queued& queued) {
  for (const Outbox::Order& order : orders) {
    DCMFS_TRY(const auto destination, destination_row(db, order.destination));
    DCMFS_CHECK(
        db.run(order_sql(order.what.level), destination, order.name, to_ms(now), order.what.row));
    const std::int64_t entries = db.changes();
    if (entries == 0) continue;
    // Nobody else inserts meanwhile, so they are consecutive.
    queued.last = OutboxId{value(db.last_insert())};
    if (queued.entries == 0) queued.first = OutboxId{value(queued.last) - entries + 1};
    queued.entries += entries;
  }
  return {};
}

Result<OutboxId> insert_own(Connection& db, const Outgoing& entry) {
  DCMFS_TRY(const auto destination, destination_row(db, entry.destination));
  DCMFS_CHECK(db.run(kInsertOwn, destination, entry.name, to_ms(entry.put), entry.size,
                     entry.sop_class, entry.sop_instance, entry.transfer_syntax, value(entry.id)));
  return OutboxId{value(db.last_insert())};
}

Result<std::vector<Outgoing>> claim_rows(Connection& db, std::string_view destination,
                                         std::size_t limit, Time now, Time until) {
  std::vector<Outgoing> claimed;
  const auto row = db.integer(
      "UPDATE destination SET claims = claims + 1 WHERE name = ?1 AND not_before <= ?2"
      " RETURNING id",
      destination, to_ms(now));
  if (!row) return row.error();
  if (!*row) return claimed;
  DCMFS_TRY(const auto claim, db.integer("SELECT claims FROM destination WHERE id = ?1", **row));

  DCMFS_TRY(const auto ids, claimable(db, **row, limit, now));
  claimed.reserve(ids.size());
  for (const std::int64_t id : ids) {
    DCMFS_CHECK(db.run(kClaim, id, static_cast<int>(SendState::sending), to_ms(until), to_ms(now),
                       claim.value_or(0)));
    DCMFS_TRY(auto entry, outgoing(db, OutboxId{id}));
    if (entry) claimed.push_back(*std::move(entry));
  }
  return claimed;
}

Result<bool> remove_sent(Connection& db, const Outgoing& entry, Time now) {
  DCMFS_CHECK(db.run("DELETE FROM outgoing WHERE id = ?1", value(entry.id)));
  if (db.changes() == 0) return false;
  DCMFS_CHECK(
      db.run("UPDATE destination SET sent = sent + 1, sent_bytes = sent_bytes + ?2,"
             " last_sent = ?3, failures = 0, not_before = 0 WHERE name = ?1",
             entry.destination, entry.size, to_ms(now)));
  return true;
}

Result<bool> turn(Connection& db, const Outgoing& entry, const Turn& to, Time now) {
  DCMFS_CHECK(
      db.run("UPDATE outgoing SET since = iif(state = ?3, since, ?5), state = ?3, due = ?4"
             " WHERE id = ?1 AND claim = ?2 AND state IN (2, 3)",
             value(entry.id), entry.claim, static_cast<int>(to.state), to_ms(to.due), to_ms(now)));
  if (db.changes() == 0) return false;
  if (to.failure == nullptr) return true;
  DCMFS_CHECK(
      db.run("UPDATE outgoing SET attempts = attempts + 1, trouble = ?2, reason = ?3,"
             " transaction_uid = NULL WHERE id = ?1",
             value(entry.id), static_cast<int>(to.failure->trouble), cut_reason(*to.failure)));
  DCMFS_CHECK(note_failure(db, entry.destination, *to.failure, now));
  return true;
}

// As it was: tried before, and then it is due now, behind those that waited meanwhile, or not.
Result<bool> put_back(Connection& db, const Outgoing& entry, Time now) {
  DCMFS_CHECK(
      db.run("UPDATE outgoing SET state = iif(attempts > 0, 1, 0),"
             " due = iif(attempts > 0, ?3, 0), since = ?3"
             " WHERE id = ?1 AND claim = ?2 AND state = 2",
             value(entry.id), entry.claim, to_ms(now)));
  return db.changes() > 0;
}

Result<> note_failure(Connection& db, std::string_view destination, const Failure& failure,
                      Time now) {
  return db.run(
      "UPDATE destination SET trouble = ?2, reason = ?3, last_failed = ?4, troubles = troubles + 1"
      " WHERE name = ?1",
      destination, static_cast<int>(failure.trouble), cut_reason(failure), to_ms(now));
}

Result<> mark_lost(Connection& db, OutboxId id, Time now) {
  return db.run(
      "UPDATE outgoing SET state = 4, due = 0, since = ?2, trouble = ?3, reason = ?4 WHERE id = ?1",
      value(id), to_ms(now), static_cast<int>(Trouble::lost),
      "the file to be sent is not there any more");
}

Result<> leave_alone(Connection& db, std::string_view destination, Time until) {
  return db.run("UPDATE destination SET failures = failures + 1, not_before = ?2 WHERE name = ?1",
                destination, to_ms(until));
}

// -- looking

Result<std::vector<Outgoing>> outgoing_rows(Connection& db, std::string_view where,
                                            const std::function<void(Statement&)>& bind) {
  Statement rows = db.prepare("SELECT " + std::string(kColumns) + " WHERE " + std::string(where));
  bind(rows);
  return rows.all(outgoing_of);
}

Result<std::optional<Outgoing>> outgoing(Connection& db, OutboxId id) {
  DCMFS_TRY(auto found,
            outgoing_rows(db, "outgoing.id = ?1", [&](Statement& s) { s.bind(value(id)); }));
  if (found.empty()) return std::optional<Outgoing>();
  return std::optional(std::move(found.front()));
}

Result<std::vector<DestinationStatus>> destination_rows(Connection& db,
                                                        std::optional<std::string_view> name) {
  Statement rows =
      db.prepare(std::string(kDestinations) + (name ? " WHERE name = ?1" : " ORDER BY name"));
  if (name) rows.bind(*name);
  std::vector<DestinationStatus> all;
  for (;;) {
    DCMFS_TRY(const bool more, rows.step());
    if (!more) return all;
    DestinationStatus status;
    status.name = rows.text(0);
    status.sent = rows.integer(1);
    status.sent_bytes = rows.integer(2);
    status.last_sent = from_ms(rows.integer(3));
    status.failures = static_cast<int>(rows.integer(4));
    status.troubles = rows.integer(5);
    status.not_before = from_ms(rows.integer(6));
    status.last_failure = {static_cast<Trouble>(rows.integer(7)), rows.text(8)};
    status.last_failed = from_ms(rows.integer(9));
    DCMFS_CHECK(count(db, rows.integer(10), status));
    all.push_back(std::move(status));
  }
}

// -- instances that go before their entries

Result<std::vector<Outgoing>> entries_of(Connection& db, RowId instance) {
  return outgoing_rows(db, "instance = ?1", [&](Statement& s) { s.bind(instance); });
}

Result<> make_own(Connection& db, OutboxId id) {
  return db.run("UPDATE outgoing SET instance = NULL WHERE id = ?1", value(id));
}

}  // namespace dcmfs::detail
