#pragma once
// What is to be sent, to whom, and what became of it: a queue for each destination, in the index.
// Whoever puts does not wait for the network; workers claim entries and say how it went.
//
// Thread safe; several processes may use it at once. What put() has answered survives any crash and
// waits for as long as it takes, until it is sent or somebody gives it up. An entry whose instance
// is removed or replaced meanwhile keeps its bytes and is sent all the same.
//
// A claim is a lease: nobody else gets the entry before it has expired, and then anybody does. So
// an entry is sent by one at a time; a crash between sending and done() makes it be sent again,
// which is no error for the receiver (PS3.4 B.2.2: the same instance). Order: that in which entries
// could be sent, since they were put, or were due again after an attempt that failed.
//
// Attempts that failed because nobody answers are the destination's, not the entry's: the whole
// queue waits (postpone), and no entry comes nearer to its last try.
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "store/blob.h"
#include "store/ids.h"
#include "store/spool.h"
#include "store/time.h"

namespace dcmfs {

namespace detail {
class Connection;
class Folders;
class Index;
class Statement;
}  // namespace detail

// Destinations are modalities, "EAST", and servers of DICOMweb, "peers/EAST": both can have the same
// name, which is that of a folder on any system (safe_name()).
inline constexpr std::string_view kPeersPrefix = "peers/";
inline constexpr std::size_t kDestinationNameBytesMax = 64;
// For who gave another one.
inline constexpr std::string_view kDestinationNamesAre =
    "a name has 1 to 64 bytes, none of / \\ : * ? \" < > |, no dot or - first and no . or space "
    "last, and is "
    "no device of Windows such as AUX";
// "EAST" of "peers/EAST"; "" of a modality.
std::string_view server_of(std::string_view destination);
bool is_destination_name(std::string_view name);  // "EAST"
bool is_destination(std::string_view name);       // "EAST" or "peers/EAST"

// Never given twice.
enum class OutboxId : std::int64_t {};
constexpr std::int64_t value(OutboxId id) {
  return static_cast<std::int64_t>(id);
}

enum class SendState : std::uint8_t {
  queued = 0,      // not tried yet
  waiting = 1,     // tried in vain, tried again when it is due
  sending = 2,     // claimed until then
  committing = 3,  // the destination has it and was asked to commit (PS3.4 J); asked again when due
  failed = 4,      // a dead letter: tried for the last time
};

// Why something was not sent, as far as a program can act on it.
enum class Trouble : std::uint8_t {
  none = 0,
  unreachable = 1,   // no host, no route
  refused = 2,       // nobody listens there
  timed_out = 3,     // no answer
  rejected = 4,      // the association was rejected
  not_accepted = 5,  // no presentation context for it
  answered = 6,      // the destination's answer to this instance was a failure
  lost = 7,          // its bytes are not there any more
  broken = 8,        // the connection or its protocol broke
  other = 9,
};
struct Failure {
  Trouble trouble = Trouble::none;
  std::string reason = {};  // for a person, no patient data
};

// One instance for one destination.
struct Outgoing {
  OutboxId id{};
  std::string destination;
  SendState state = SendState::queued;
  std::optional<RowId> instance;  // of the store; none: it has bytes of its own
  std::string name;               // what whoever put it called it
  std::string sop_class;          // may be empty: the bytes tell
  std::string sop_instance, transfer_syntax;
  std::int64_t size = 0;
  int attempts = 0;  // that failed
  Time put, since;   // since when it is in its state
  Time due;          // see SendState
  std::int64_t claim = 0;
  std::string transaction_uid;  // of its storage commitment
  Failure failure;              // of the last attempt
};

struct DestinationStatus {
  std::string name;
  std::int64_t queued = 0, sending = 0, committing = 0, failed = 0;  // queued: the waiting, too
  std::int64_t queued_bytes = 0;
  std::int64_t sent = 0, sent_bytes = 0;  // ever
  Time last_sent{};
  int failures = 0;  // in a row, of all attempts to reach it
  std::int64_t troubles =
      0;              // of all kinds, ever: who waits for an attempt sees that there was one
  Time not_before{};  // it is left alone until then
  Failure last_failure;
  Time last_failed{};
};

class Outbox {
 public:
  static constexpr std::size_t kReasonBytesMax = 1000;

  Outbox(detail::Index&, const detail::Folders&);

  // -- in
  struct Order {
    Key what;  // all instances of it
    std::string destination;
    std::string name = {};  // of the entries; "": that of the instance
  };
  // How far a follower of the change feed has come.
  struct Position {
    std::string follower;
    std::int64_t seq = 0;
  };
  struct Queued {
    OutboxId first{}, last{};  // of consecutive ones
    std::int64_t entries = 0;  // 0: there is no such resource (any more)
  };
  // All of them and the position, or none, in one transaction; nothing is listed in memory.
  // invalid_argument: not is_destination().
  Result<Queued> put(std::span<const Order>, Time now, const std::optional<Position>& = {});
  Result<Queued> put(const Order& order, Time now) { return put(std::span(&order, 1), now); }
  // Bytes that are no instance of the store. On success the file has left the spool; on error it
  // is as it was. Errors: those of read_dicom; corrupt also if it does not say which instance it
  // is.
  Result<OutboxId> put(SpoolFile&, std::string_view name, std::string_view destination, Time now);

  // -- for followers of the change feed; nullopt: it has never been told
  Result<std::optional<std::int64_t>> position(std::string_view follower) const;
  Result<> set_position(const Position&);

  // -- for workers
  // At most `limit` that are due, now claimed until now + lease. None while the destination is
  // left alone (postpone).
  Result<std::vector<Outgoing>> claim(std::string_view destination, std::size_t limit, Time now,
                                      std::chrono::milliseconds lease);
  Result<Blob> open(const Outgoing&) const;
  // Claimed until `until`. What is claimed by somebody else by now is left out.
  Result<> extend(std::span<const Outgoing>, Time until);
  // Sent (and committed, where that was asked for): it is forgotten and counted.
  Result<> done(std::span<const Outgoing>, Time now);
  // The attempt failed; it is tried again. For whose claim has expired, nothing happens; likewise
  // below.
  Result<> retry(const Outgoing&, const Failure&, Time now, Time not_before);
  Result<> fail(const Outgoing&, const Failure&, Time now);  // for ever
  // Not tried: as it was before it was claimed.
  Result<> release(std::span<const Outgoing>, Time now);
  // The same, because the destination could not be reached: nothing of it is claimed before then.
  Result<> postpone(std::string_view destination, std::span<const Outgoing>, const Failure&,
                    Time now, Time not_before);
  // By who knows that no other process sends: what dead ones had claimed need not expire.
  Result<> forget_claims(Time now);

  // -- storage commitment (PS3.4 J)
  // The destination has them. Durable before the request is sent, so that its answer finds them.
  Result<> await_commitment(std::span<const Outgoing>, std::string_view transaction_uid, Time now,
                            Time until);
  // For done(), retry() or fail(), by what the N-EVENT-REPORT says.
  Result<std::vector<Outgoing>> committing(std::string_view transaction_uid) const;
  // No report came in time.
  Result<std::vector<Outgoing>> overdue(std::string_view destination, Time now,
                                        std::size_t limit) const;

  // -- for people
  Result<DestinationStatus> status(std::string_view destination) const;  // all 0 if it is not known
  Result<std::vector<DestinationStatus>> destinations() const;           // that ever got something
  // Ascending by id.
  Result<std::vector<Outgoing>> list(std::string_view destination, SendState, OutboxId after,
                                     std::size_t limit) const;
  // not_found: it was sent, or given up.
  Result<Outgoing> get(OutboxId) const;
  // It is tried at once, its attempts count anew, and its destination is not left alone any more.
  Result<> again(OutboxId, Time now);
  Result<> give_up(OutboxId);  // what is being sent may still arrive
  // The earliest time at which something of it may be claimed or is overdue; nullopt: nothing will
  // be.
  Result<std::optional<Time>> next_due(std::string_view destination) const;

  // Waits until something changed by this process since `seen`, which news() told before, or until
  // `at_most` has passed: other processes are not heard of.
  std::uint64_t news() const;
  void wait(std::uint64_t seen, std::chrono::milliseconds at_most, std::stop_token) const;

 private:
  enum class Sync : bool { later, now };
  Result<> write(const std::function<Result<>(detail::Connection&)>&, Sync);
  Result<std::vector<Outgoing>> rows(std::string_view where,
                                     const std::function<void(detail::Statement&)>& bind) const;
  Result<> unlink(std::span<const Outgoing> own);
  void tell();

  detail::Index& index_;
  const detail::Folders& folders_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::uint64_t news_ = 0;  // guarded by mutex_
};

}  // namespace dcmfs
