// What a rebuild does about the outbox: the index is made from the stored files, which know nothing
// of it.
#include <array>
#include <string>

#include <fcntl.h>

#include "store/detail/copy_rows.h"
#include "store/detail/outbox_files.h"
#include "store/detail/outbox_rows.h"
#include "store/detail/sqlite.h"

namespace dcmfs::detail {
namespace {

using Type = CopiedColumn::Type;

// clang-format off
constexpr std::array kDestination{
    CopiedColumn{"id", Type::integer},          CopiedColumn{"name", Type::text},
    CopiedColumn{"claims", Type::integer},      CopiedColumn{"sent", Type::integer},
    CopiedColumn{"sent_bytes", Type::integer},  CopiedColumn{"last_sent", Type::integer},
    CopiedColumn{"not_before", Type::integer},  CopiedColumn{"failures", Type::integer},
    CopiedColumn{"troubles", Type::integer},    CopiedColumn{"trouble", Type::integer},
    CopiedColumn{"reason", Type::text},         CopiedColumn{"last_failed", Type::integer},
};
constexpr std::array kOutgoing{
    CopiedColumn{"id", Type::integer},          CopiedColumn{"destination", Type::integer},
    CopiedColumn{"state", Type::integer},       CopiedColumn{"due", Type::integer},
    CopiedColumn{"claim", Type::integer},       CopiedColumn{"instance", Type::integer},
    CopiedColumn{"name", Type::text},           CopiedColumn{"put", Type::integer},
    CopiedColumn{"since", Type::integer},       CopiedColumn{"size", Type::integer},
    CopiedColumn{"sop_class", Type::text},      CopiedColumn{"sop_instance", Type::text},
    CopiedColumn{"transfer_syntax", Type::text}, CopiedColumn{"attempts", Type::integer},
    CopiedColumn{"trouble", Type::integer},     CopiedColumn{"reason", Type::text},
    CopiedColumn{"transaction_uid", Type::text},
};
constexpr std::array kKeptValue{
    CopiedColumn{"kind", Type::text}, CopiedColumn{"name", Type::text}, CopiedColumn{"value", Type::text},
};
constexpr std::array kTables{
    CopiedTable{"destination", kDestination},
    CopiedTable{"outgoing", kOutgoing},
    CopiedTable{"kept_value", kKeptValue},
};
// clang-format on

// The sequence of changes begins anew, so a position in it is told by the instance that came next.
Result<> move_positions(Connection& from, Connection& to) {
  DCMFS_TRY(const auto last, to.integer("SELECT coalesce(max(seq), 0) FROM change"));
  Statement followers =
      from.prepare_once("SELECT name, value FROM kept_value WHERE kind = 'follower'");
  for (;;) {
    DCMFS_TRY(const bool more, followers.step());
    if (!more) return {};
    // Levels and types as in ChangeFeed: instances that were added.
    DCMFS_TRY(const auto next,
              from.integer("SELECT min(row) FROM change WHERE seq > ?1 AND level = 3 AND type = 1",
                           followers.integer(1)));
    std::int64_t seq = last.value_or(0);
    if (next && *next > 0) {
      DCMFS_TRY(const auto at,
                to.integer("SELECT min(seq) FROM change WHERE level = 3 AND row >= ?1", *next));
      if (at && *at > 0) seq = *at - 1;
    }
    DCMFS_CHECK(keep_value(to, kFollowerKind, followers.text(0), std::to_string(seq)));
  }
}

Result<> copy_old(const Folders& folders, Connection& to) {
  DCMFS_TRY(const auto old, Connection::open(folders.index(), Connection::Access::read_only));
  for (const CopiedTable& table : kTables) DCMFS_CHECK(copy_rows(*old, to, table));
  return move_positions(*old, to);
}

// Without the old index: each file tells what and to whom.
Result<> queue_files(const Folders& folders, Connection& db, Time now) {
  std::vector<OutboxName> names;
  DCMFS_TRY(names, outbox_names(folders));
  for (const OutboxName& name : names) {
    Outgoing entry;
    entry.id = name.id;
    entry.destination = name.destination;
    const auto bytes = open_outbox_file(folders, entry);
    if (!bytes) continue;
    const auto known = identify(bytes->fd());
    if (!known) continue;
    entry = *known;
    entry.id = name.id;
    entry.destination = name.destination;
    entry.name = entry.sop_instance + ".dcm";
    entry.put = now;
    DCMFS_CHECK(insert_own(db, entry));
  }
  return {};
}

}  // namespace

Result<> adopt_outbox(Index& made, const Folders& folders, Time now) {
  const auto copied = [&]() -> Result<> {
    DCMFS_TRY(auto batch, made.begin());
    DCMFS_CHECK(batch.with([&](Connection& db) { return copy_old(folders, db); }));
    return batch.commit();
  }();
  if (copied) return {};
  DCMFS_TRY(auto batch, made.begin());
  DCMFS_CHECK(batch.with([&](Connection& db) { return queue_files(folders, db, now); }));
  return batch.commit();
}

}  // namespace dcmfs::detail
