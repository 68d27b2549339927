#pragma once
// The outbox as rows: what its verbs do inside one transaction. Files are outbox_files.h.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/detail/sqlite.h"
#include "store/outbox.h"

namespace dcmfs::detail {

// -- what is kept by name
Result<std::optional<std::string>> kept_value(Connection&, std::string_view kind,
                                              std::string_view name);
Result<> keep_value(Connection&, std::string_view kind, std::string_view name,
                    std::string_view value);
inline constexpr char kFollowerKind[] = "follower";  // its name is the follower's, its value a seq

// -- entries
// Makes the destination known. invalid_argument if no file could have its name.
Result<std::int64_t> destination_row(Connection&, std::string_view name);
Result<> insert_orders(Connection&, std::span<const Outbox::Order>, Time now, Outbox::Queued&);
// Of one that has bytes of its own; with an id of 0 it gets the next.
Result<OutboxId> insert_own(Connection&, const Outgoing&);
Result<std::vector<Outgoing>> claim_rows(Connection&, std::string_view destination,
                                         std::size_t limit, Time now, Time until);
// Whether it was there. It counts as sent.
Result<bool> remove_sent(Connection&, const Outgoing&, Time now);
// What is put instead of the state that the holder of the claim left; false: he holds it no more.
struct Turn {
  SendState state;
  Time due{};
  const Failure* failure = nullptr;  // of an attempt
};
Result<bool> turn(Connection&, const Outgoing&, const Turn&, Time now);
Result<bool> put_back(Connection&, const Outgoing&, Time now);
Result<> note_failure(Connection&, std::string_view destination, const Failure&, Time now);
// A dead letter from now on: its bytes are not there.
Result<> mark_lost(Connection&, OutboxId, Time now);
Result<> leave_alone(Connection&, std::string_view destination, Time until);

// -- looking
Result<std::optional<Outgoing>> outgoing(Connection&, OutboxId);
// `where` is SQL behind WHERE, which `bind` gives its values.
Result<std::vector<Outgoing>> outgoing_rows(Connection&, std::string_view where,
                                            const std::function<void(Statement&)>& bind);
Result<std::vector<DestinationStatus>> destination_rows(Connection&,
                                                        std::optional<std::string_view> name);

// -- instances that go before their entries
Result<std::vector<Outgoing>> entries_of(Connection&, RowId instance);
Result<> make_own(Connection&, OutboxId);

}  // namespace dcmfs::detail
