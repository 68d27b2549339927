#pragma once
// Storage commitment as SCU (PS3.4 J): what was sent and the destination was asked to commit to.
// Entries of the outbox wait for the report (Outbox::await_commitment()), which comes on the
// association on which it was asked for, or to our own node (commitment_service.h).
#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "net/association.h"
#include "net/commitment.h"
#include "store/store.h"

namespace dcmfs::net {

// A new one, never the same.
std::string make_transaction_uid();

// N-ACTION, in a context in which we are SCU: the status that was answered; success means that a
// report will come, and it may already have, before that answer: it is settled then. Errors:
// not_supported (no such context), else the association's, which has ended.
Result<Status> request_commitment(Store&, Association&, const CommitmentRequest&);

// Settles reports that come on this association, until one of that transaction has or it has been
// silent that long. An error is the association's, which has ended.
Result<> await_report(Store&, Association&, std::string_view transaction_uid,
                      std::chrono::milliseconds);

// What is not committed: it is sent again, or after several times a dead letter.
Result<> send_again(Outbox&, const Outgoing&, const Failure&, Time now);

// They are asked for anew by that request: a report on the one before, which may still come, is taken for
// a day.
Result<> remember_replaced(Store&, std::span<const Outgoing>, std::string_view transaction_uid,
                           Time now);

// What waits for it in the outbox is done, or sent again. One that nobody waits for (any more) is
// no error: it may be told twice.
Result<> settle_report(Store&, const CommitmentReport&, Time now);

}  // namespace dcmfs::net
