#include "net/awaited_commitments.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "net/asked_commitments.h"
#include "net/sent.h"
#include "store/dicom/transfer_syntax.h"

namespace dcmfs::net {
namespace {

// How long it is left alone before it is sent once more.
constexpr std::chrono::seconds kSentAgainAfter{30};
constexpr int kSentTimesMax = 10;
// Their names: a TransactionUID '/' that of the request in its place; their values: since when (ms).
constexpr std::string_view kReplacedKind = "replaced transaction";
constexpr std::chrono::hours kReplacedFor{24};

// As long until the year 2286, and so in order as text.
std::string in_ms(Time time) {
  return std::to_string(to_ms(time));
}

// That request and those in its place, whose entries may be what a report on it is about.
Result<std::set<std::string>> with_later(Store& store, const std::string& transaction_uid) {
  DCMFS_TRY(const auto replaced, store.kept_values().all(kReplacedKind));
  std::set<std::string> all{transaction_uid};
  std::vector<std::string> left{transaction_uid};
  while (!left.empty()) {
    const auto head = left.back() + "/";
    left.pop_back();
    for (auto at = replaced.lower_bound(head); at != replaced.end() && at->first.starts_with(head);
         ++at) {
      auto later = at->first.substr(head.size());
      if (all.insert(later).second) left.push_back(std::move(later));
    }
  }
  return all;
}

// Takes one that has been received, and answers it. The answer is its TransactionUID; "" if it was
// none.
Result<std::string> take_report(Store& store, Association& association, const Message& message) {
  if (message.field() != CommandField::n_event_report_rq) {
    association.abort();
    return Error{Errc::corrupt, "the peer said something that it was not asked"};
  }
  const auto dataset = association.receive_dataset(kCommitmentLimits);
  if (!dataset && !association.is_open()) return dataset.error();
  const auto report = dataset ? parse_commitment_report(*dataset) : dataset.error();
  Status status = statuses::kInvalidArgumentValue;
  if (report) {
    status =
        settle_report(store, *report, now()) ? statuses::kSuccess : statuses::kProcessingFailure;
  }
  DCMFS_CHECK(association.send(message.context, make_response(message, status)));
  return report ? report->transaction_uid : std::string();
}

}  // namespace

std::string make_transaction_uid() {
  std::random_device random;
  const auto bits = [&] { return static_cast<std::uint64_t>(random()) << 32 | random(); };
  const auto high = bits();
  return uid_from_bits(high, bits());
}

Result<Status> request_commitment(Store& store, Association& association,
                                  const CommitmentRequest& request) {
  const auto* context = association.context_for(kCommitmentSopClasses.front(), Role::scu);
  if (context == nullptr) return Error{Errc::not_supported, "storage commitment is not accepted"};
  const auto id = association.next_message_id();
  auto command = make_request(CommandField::n_action_rq, id, kCommitmentSopClasses.front());
  command.set_text(tags::RequestedSOPInstanceUID, kCommitmentInstance);
  command.set_number(tags::ActionTypeID, kRequestCommitment);
  DCMFS_CHECK(association.send(context->id, command, to_dataset(request)));
  for (;;) {
    DCMFS_TRY(const auto message, association.receive());
    if (message.field() == response(CommandField::n_action_rq) && message.responded_id() == id)
      return message.status();
    DCMFS_CHECK(take_report(store, association, message));
  }
}

Result<> await_report(Store& store, Association& association, std::string_view transaction_uid,
                      std::chrono::milliseconds at_most) {
  while (association.has_arrived(at_most)) {
    DCMFS_TRY(const auto message, association.receive());
    DCMFS_TRY(const auto transaction, take_report(store, association, message));
    if (transaction == transaction_uid) break;
  }
  return {};
}

Result<> send_again(Outbox& outbox, const Outgoing& entry, const Failure& failure, Time now) {
  if (entry.attempts + 1 >= kSentTimesMax) return outbox.fail(entry, failure, now);
  return outbox.retry(entry, failure, now, now + kSentAgainAfter);
}

Result<> remember_replaced(Store& store, std::span<const Outgoing> entries,
                           std::string_view transaction_uid, Time now) {
  std::map<std::string, std::string> replaced;
  for (const Outgoing& entry : entries) {
    if (entry.transaction_uid.empty()) continue;  // asked for the first time
    replaced.emplace(entry.transaction_uid + "/" + std::string(transaction_uid), in_ms(now));
  }
  if (replaced.empty()) return {};
  auto& kept = store.kept_values();
  DCMFS_TRY(const auto before, kept.all(kReplacedKind));
  for (const auto& [name, since] : before)
    if (since < in_ms(now - kReplacedFor)) DCMFS_CHECK(kept.remove(kReplacedKind, name));
  return kept.set_all(kReplacedKind, replaced);
}

Result<> settle_report(Store& store, const CommitmentReport& report, Time now) {
  DCMFS_CHECK(record_report(store, report));
  Outbox& outbox = store.outbox();
  DCMFS_TRY(const auto transactions, with_later(store, report.transaction_uid));
  std::vector<Outgoing> awaited;
  for (const auto& uid : transactions) {
    DCMFS_TRY(auto entries, outbox.committing(uid));
    std::ranges::move(entries, std::back_inserter(awaited));
  }
  std::set<std::string> committed;
  for (const SopReference& one : report.committed) committed.insert(one.sop_instance);
  std::map<std::string, Status> failed;
  for (const NotCommitted& one : report.failed) failed[one.what.sop_instance] = one.reason;
  std::vector<Outgoing> done;
  for (const Outgoing& entry : awaited) {
    const auto failure = failed.find(entry.sop_instance);
    if (failure == failed.end() && committed.contains(entry.sop_instance)) done.push_back(entry);
    if (failure == failed.end()) continue;  // of what it says nothing the time runs out
    DCMFS_CHECK(send_again(
        outbox, entry, {Trouble::answered, "not committed: " + hexadecimal(failure->second)}, now));
  }
  return settle_sent(store, done, now);
}

}  // namespace dcmfs::net
