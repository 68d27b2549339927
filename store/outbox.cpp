#include "store/outbox.h"

#include <algorithm>
#include <array>

#include "store/detail/file_ops.h"
#include "store/detail/index.h"
#include "store/detail/outbox_files.h"
#include "store/detail/outbox_rows.h"
#include "store/entry_names.h"
#include "store/number.h"

namespace dcmfs {
namespace {

namespace file_ops = detail::file_ops;
using detail::Connection;
using detail::Statement;

constexpr std::array kStates{SendState::queued, SendState::waiting, SendState::sending,
                             SendState::committing, SendState::failed};

Result<> keep_position(Connection& db, const Outbox::Position& position) {
  return detail::keep_value(db, detail::kFollowerKind, position.follower,
                            std::to_string(position.seq));
}

}  // namespace

std::string_view server_of(std::string_view destination) {
  return destination.starts_with(kPeersPrefix) ? destination.substr(kPeersPrefix.size())
                                               : std::string_view();
}

bool is_destination_name(std::string_view name) {
  return !name.empty() && name.size() <= kDestinationNameBytesMax && safe_name(name) == name;
}

bool is_destination(std::string_view name) {
  const auto server = server_of(name);
  return is_destination_name(server.empty() ? name : server);
}

Outbox::Outbox(detail::Index& index, const detail::Folders& folders)
    : index_(index), folders_(folders) {}

// A claim or an outcome that a power failure takes back is made once more; a crash of the process
// alone takes nothing back.
Result<> Outbox::write(const std::function<Result<>(Connection&)>& action, Sync sync) {
  if (sync == Sync::now) {
    DCMFS_CHECK(index_.write_durably(action));
  } else {
    DCMFS_TRY(auto batch, index_.begin(detail::Index::Commit::unsynced));
    DCMFS_CHECK(batch.with(action));
    DCMFS_CHECK(file_ops::about_to_commit());
    DCMFS_CHECK(batch.commit());
  }
  tell();
  return {};
}

// -- in

Result<Outbox::Queued> Outbox::put(std::span<const Order> orders, Time now,
                                   const std::optional<Position>& position) {
  Queued queued;
  DCMFS_CHECK(write(
      [&](Connection& db) -> Result<> {
        queued = {};
        DCMFS_CHECK(detail::insert_orders(db, orders, now, queued));
        return position ? keep_position(db, *position) : Result<>();
      },
      Sync::now));
  return queued;
}

Result<OutboxId> Outbox::put(SpoolFile& file, std::string_view name, std::string_view destination,
                             Time now) {
  DCMFS_TRY(auto entry, detail::identify(file.fd()));
  entry.name = name;
  entry.destination = destination;
  entry.put = now;
  // Before the transaction, which everybody waits for.
  DCMFS_CHECK(file_ops::sync_data(file.fd(), "syncing a file to be sent"));
  std::filesystem::path placed;
  const auto place = [&](Connection& db) -> Result<> {
    DCMFS_TRY(entry.id, detail::insert_own(db, entry));
    const auto path = detail::outbox_file(folders_, entry);
    DCMFS_CHECK(file_ops::rename(file.path(), path, "moving a file into the outbox"));
    placed = path;
    return file_ops::sync_folder(folders_.outbox());
  };
  const auto take_back = [&] {
    if (!placed.empty()) (void)file_ops::rename(placed, file.path(), "taking a file back");
  };
  {
    // The file goes back inside of the transaction: nobody else can have been given its number.
    DCMFS_TRY(auto batch, index_.begin());
    auto written = batch.with(place);
    if (written) written = file_ops::about_to_commit();
    if (written) written = batch.commit();
    if (!written) {
      take_back();
      return std::move(written).error();
    }
  }
  file.release_name();
  tell();
  DCMFS_CHECK(index_.make_durable());
  return entry.id;
}

// -- for followers of the change feed

Result<std::optional<std::int64_t>> Outbox::position(std::string_view follower) const {
  std::optional<std::string> text;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    DCMFS_TRY(text, detail::kept_value(db, detail::kFollowerKind, follower));
    return {};
  }));
  return text ? parse_whole<std::int64_t>(*text) : std::nullopt;
}

Result<> Outbox::set_position(const Position& position) {
  return write([&](Connection& db) { return keep_position(db, position); }, Sync::later);
}

// -- for workers

Result<std::vector<Outgoing>> Outbox::claim(std::string_view destination, std::size_t limit,
                                            Time now, std::chrono::milliseconds lease) {
  std::vector<Outgoing> claimed;
  DCMFS_CHECK(write(
      [&](Connection& db) -> Result<> {
        DCMFS_TRY(claimed, detail::claim_rows(db, destination, limit, now, now + lease));
        return {};
      },
      Sync::later));
  return claimed;
}

Result<Blob> Outbox::open(const Outgoing& entry) const {
  if (entry.instance) {
    auto blob = folders_.open_blob(*entry.instance);
    if (blob || blob.error().code != Errc::not_found) return blob;
    // Removed since it was claimed.
  }
  return detail::open_outbox_file(folders_, entry);
}

Result<> Outbox::extend(std::span<const Outgoing> entries, Time until) {
  return write(
      [&](Connection& db) -> Result<> {
        for (const Outgoing& entry : entries)
          DCMFS_CHECK(
              db.run("UPDATE outgoing SET due = ?3 WHERE id = ?1 AND claim = ?2 AND state = 2",
                     value(entry.id), entry.claim, to_ms(until)));
        return {};
      },
      Sync::later);
}

Result<> Outbox::done(std::span<const Outgoing> entries, Time now) {
  std::vector<Outgoing> own;
  DCMFS_CHECK(write(
      [&](Connection& db) -> Result<> {
        own.clear();
        for (const Outgoing& entry : entries) {
          // Read anew: it may have got bytes of its own meanwhile.
          DCMFS_TRY(const auto found, detail::outgoing(db, entry.id));
          if (!found) continue;
          DCMFS_CHECK(detail::remove_sent(db, *found, now));
          if (!found->instance) own.push_back(*found);
        }
        return {};
      },
      Sync::later));
  if (own.empty()) return {};
  // Else a power failure could leave the entry without its file: lost, though it was sent.
  DCMFS_CHECK(index_.sync());
  return unlink(own);
}

Result<> Outbox::retry(const Outgoing& entry, const Failure& failure, Time now, Time not_before) {
  return write(
      [&](Connection& db) -> Result<> {
        DCMFS_CHECK(detail::turn(db, entry, {SendState::waiting, not_before, &failure}, now));
        return {};
      },
      Sync::later);
}

Result<> Outbox::fail(const Outgoing& entry, const Failure& failure, Time now) {
  return write(
      [&](Connection& db) -> Result<> {
        DCMFS_CHECK(
            detail::turn(db, entry, {.state = SendState::failed, .failure = &failure}, now));
        return {};
      },
      Sync::later);
}

Result<> Outbox::release(std::span<const Outgoing> entries, Time now) {
  return write(
      [&](Connection& db) -> Result<> {
        for (const Outgoing& entry : entries) DCMFS_CHECK(detail::put_back(db, entry, now));
        return {};
      },
      Sync::later);
}

Result<> Outbox::postpone(std::string_view destination, std::span<const Outgoing> entries,
                          const Failure& failure, Time now, Time not_before) {
  return write(
      [&](Connection& db) -> Result<> {
        for (const Outgoing& entry : entries) DCMFS_CHECK(detail::put_back(db, entry, now));
        DCMFS_CHECK(detail::note_failure(db, destination, failure, now));
        return detail::leave_alone(db, destination, not_before);
      },
      Sync::later);
}

Result<> Outbox::forget_claims(Time now) {
  return write(
      [&](Connection& db) {
        return db.run(
            "UPDATE outgoing SET state = iif(attempts > 0, 1, 0),"
            " due = iif(attempts > 0, ?1, 0), since = ?1"
            " WHERE state = 2",
            to_ms(now));
      },
      Sync::later);
}

// -- storage commitment

Result<> Outbox::await_commitment(std::span<const Outgoing> entries,
                                  std::string_view transaction_uid, Time now, Time until) {
  return write(
      [&](Connection& db) -> Result<> {
        for (const Outgoing& entry : entries) {
          DCMFS_TRY(const bool held, detail::turn(db, entry, {SendState::committing, until}, now));
          if (!held) continue;
          DCMFS_CHECK(db.run("UPDATE outgoing SET transaction_uid = ?2 WHERE id = ?1",
                             value(entry.id), transaction_uid));
        }
        return {};
      },
      Sync::now);
}

Result<std::vector<Outgoing>> Outbox::committing(std::string_view transaction_uid) const {
  return rows("transaction_uid = ?1 AND state = 3 ORDER BY outgoing.id",
              [&](Statement& s) { s.bind(transaction_uid); });
}

Result<std::vector<Outgoing>> Outbox::overdue(std::string_view destination, Time now,
                                              std::size_t limit) const {
  return rows(
      "outgoing.destination = (SELECT id FROM destination WHERE name = ?1) AND state = 3"
      " AND due <= ?2 ORDER BY due, outgoing.id LIMIT ?3",
      [&](Statement& s) {
        s.bind(destination).bind(to_ms(now)).bind(static_cast<std::int64_t>(limit));
      });
}

// -- for people

Result<DestinationStatus> Outbox::status(std::string_view destination) const {
  std::vector<DestinationStatus> found;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    DCMFS_TRY(found, detail::destination_rows(db, destination));
    return {};
  }));
  if (!found.empty()) return std::move(found.front());
  DestinationStatus unknown;
  unknown.name = destination;
  return unknown;
}

Result<std::vector<DestinationStatus>> Outbox::destinations() const {
  std::vector<DestinationStatus> all;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    DCMFS_TRY(all, detail::destination_rows(db, std::nullopt));
    return {};
  }));
  return all;
}

Result<std::vector<Outgoing>> Outbox::list(std::string_view destination, SendState state,
                                           OutboxId after, std::size_t limit) const {
  // Where nothing is due the index has them by id.
  const bool timeless = state == SendState::queued || state == SendState::failed;
  return rows("outgoing.destination = (SELECT id FROM destination WHERE name = ?1) AND state = ?2" +
                  std::string(timeless ? " AND due = 0" : "") +
                  " AND outgoing.id > ?3 ORDER BY outgoing.id LIMIT ?4",
              [&](Statement& s) {
                s.bind(destination).bind(static_cast<int>(state)).bind(value(after));
                s.bind(static_cast<std::int64_t>(limit));
              });
}

Result<Outgoing> Outbox::get(OutboxId id) const {
  DCMFS_TRY(auto found, rows("outgoing.id = ?1", [&](Statement& s) { s.bind(value(id)); }));
  if (found.empty()) return Error{Errc::not_found, "not in the outbox (any more)"};
  return std::move(found.front());
}

Result<> Outbox::again(OutboxId id, Time now) {
  return write(
      [&](Connection& db) -> Result<> {
        DCMFS_CHECK(
            db.run("UPDATE outgoing SET state = 0, due = 0, attempts = 0, since = ?2 WHERE id = ?1"
                   " AND state IN (0, 1, 4)",
                   value(id), to_ms(now)));
        if (db.changes() == 0) return {};
        return db.run(
            "UPDATE destination SET not_before = 0 WHERE id ="
            " (SELECT destination FROM outgoing WHERE id = ?1)",
            value(id));
      },
      Sync::later);
}

Result<> Outbox::give_up(OutboxId id) {
  std::optional<Outgoing> entry;
  DCMFS_CHECK(write(
      [&](Connection& db) -> Result<> {
        DCMFS_TRY(entry, detail::outgoing(db, id));
        return db.run("DELETE FROM outgoing WHERE id = ?1", value(id));
      },
      Sync::now));
  if (!entry || entry->instance) return {};
  return unlink(std::span(&*entry, 1));
}

Result<std::optional<Time>> Outbox::next_due(std::string_view destination) const {
  std::optional<Time> earliest;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    earliest.reset();
    for (const SendState state : kStates) {
      if (state == SendState::failed) continue;
      DCMFS_TRY(const auto due,
                db.integer("SELECT max(due, iif(?2 = 3, 0, not_before)) FROM outgoing"
                           " JOIN destination ON destination.id = outgoing.destination"
                           " WHERE destination.name = ?1 AND state = ?2 ORDER BY due LIMIT 1",
                           destination, static_cast<int>(state)));
      if (due) earliest = std::min(earliest.value_or(from_ms(*due)), from_ms(*due));
    }
    return {};
  }));
  return earliest;
}

Result<std::vector<Outgoing>> Outbox::rows(std::string_view where,
                                           const std::function<void(Statement&)>& bind) const {
  std::vector<Outgoing> found;
  DCMFS_CHECK(index_.read([&](Connection& db) -> Result<> {
    DCMFS_TRY(found, detail::outgoing_rows(db, where, bind));
    return {};
  }));
  return found;
}

// A crash that comes first leaves it to the next start.
Result<> Outbox::unlink(std::span<const Outgoing> own) {
  for (const Outgoing& entry : own)
    DCMFS_CHECK(file_ops::unlink(detail::outbox_file(folders_, entry), "removing a sent file"));
  return {};
}

// -- news

std::uint64_t Outbox::news() const {
  const std::lock_guard lock(mutex_);
  return news_;
}

void Outbox::wait(std::uint64_t seen, std::chrono::milliseconds at_most,
                  std::stop_token stop) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, at_most, [&] { return news_ != seen; });
}

void Outbox::tell() {
  {
    const std::lock_guard lock(mutex_);
    ++news_;
  }
  changed_.notify_all();
}

}  // namespace dcmfs
