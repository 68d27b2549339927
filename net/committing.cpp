#include "net/committing.h"

#include <algorithm>

#include "net/awaited_commitments.h"
#include "net/parcel.h"

namespace dcmfs::net {
namespace {

constexpr std::chrono::seconds kAskAgainAfter{60};
constexpr std::chrono::hours kReportWithin{1}, kCommitWithin{24};
// Who can say it at once says it on the same association.
constexpr std::chrono::seconds kReportAtOnce{5};
constexpr std::size_t kOverdueAtOnce = 1000;

// As long again as it has been waited for, so that who takes many hours is not asked in each of them;
// to the end of the day at most.
std::chrono::milliseconds report_within(const std::vector<Outgoing>& entries, Time now) {
  Time since{};  // of the youngest
  for (const Outgoing& entry : entries) since = std::max(since, entry.since);
  const std::chrono::milliseconds waited = now - since, first = kReportWithin,
                                  least = kAskAgainAfter;
  return std::max(least, std::min(std::max(first, waited), kCommitWithin - waited));
}

// Most entries say it; of the others the bytes do.
std::string sop_class_of(Store& store, const Outgoing& entry) {
  if (!entry.sop_class.empty()) return entry.sop_class;
  const auto parcel = open_parcel(store, entry);
  return parcel ? parcel->instance.syntax.sop_class : std::string();
}

Result<> ask_over(Store& store, Association& association, const CommitmentRequest& request) {
  Outbox& outbox = store.outbox();
  const auto status = request_commitment(store, association, request);
  if (!status && status.error().code != Errc::not_supported) return status.error();
  DCMFS_TRY(const auto entries, outbox.committing(request.transaction_uid));
  if (status && class_of(*status) != StatusClass::failure) {
    const auto at = now();
    DCMFS_CHECK(outbox.await_commitment(entries, request.transaction_uid, at,
                                        at + report_within(entries, at)));
    return await_report(store, association, request.transaction_uid, kReportAtOnce);
  }
  for (const Outgoing& entry : entries) {
    if (!status) {
      DCMFS_CHECK(outbox.fail(entry, {Trouble::not_accepted, status.error().message}, now()));
    } else {
      const auto why = "storage commitment was refused: " + hexadecimal(*status);
      DCMFS_CHECK(send_again(outbox, entry, {Trouble::answered, why}, now()));
    }
  }
  return {};
}

}  // namespace

Result<> ask_commitment(Store& store, std::optional<Association>& association, const Peer& peer,
                        std::vector<Outgoing> entries) {
  if (entries.empty()) return {};
  CommitmentRequest request{make_transaction_uid(), {}};
  for (const Outgoing& entry : entries)
    request.references.push_back({sop_class_of(store, entry), entry.sop_instance});
  DCMFS_CHECK(remember_replaced(store, entries, request.transaction_uid, now()));
  DCMFS_CHECK(store.outbox().await_commitment(entries, request.transaction_uid, now(),
                                              now() + kAskAgainAfter));
  const auto& sop_class = kCommitmentSopClasses.front();
  if (association && association->is_open() &&
      association->context_for(sop_class, Role::scu) != nullptr) {
    return ask_over(store, *association, request);
  }
  DCMFS_TRY(auto own, Association::request(peer, {commitment_context(kScu)}));
  DCMFS_CHECK(ask_over(store, own, request));
  if (own.is_open()) static_cast<void>(own.release().ok());  // all has been said
  return {};
}

Result<> ask_overdue_commitments(Store& store, const Peer& peer, std::string_view destination) {
  Outbox& outbox = store.outbox();
  DCMFS_TRY(const auto overdue, outbox.overdue(destination, now(), kOverdueAtOnce));
  std::vector<Outgoing> again;
  for (const Outgoing& entry : overdue) {
    if (now() - entry.since < kCommitWithin) {  // since it was sent and first asked for
      again.push_back(entry);
    } else {
      DCMFS_CHECK(outbox.fail(entry, {Trouble::timed_out, "it was not committed to"}, now()));
    }
  }
  std::optional<Association> none;
  return ask_commitment(store, none, peer, std::move(again));
}

}  // namespace dcmfs::net
