#include "net/commitments.h"

#include <algorithm>
#include <optional>

#include "net/commitment_check.h"
#include "store/guarded.h"

namespace dcmfs::net {
namespace {

using State = KeptCommitment::State;

// Those answers of a peer after which it may take the report another time.
constexpr Status kTransient[] = {statuses::kProcessingFailure, statuses::kResourceLimitation};

Dataset report_command(std::uint16_t id, const CommitmentReport& report) {
  auto command = make_request(CommandField::n_event_report_rq, id, kCommitmentSopClasses.front());
  command.set_text(tags::AffectedSOPInstanceUID, kCommitmentInstance);
  command.set_number(tags::EventTypeID, report.event_type());
  return command;
}

}  // namespace

Commitments::Commitments(Store& store, const Options& options)
    : store_(store), options_(options), kept_(store.kept_values()) {}

Result<> Commitments::load() {
  DCMFS_TRY(auto all, kept_.load());
  const std::lock_guard lock(mutex_);
  for (KeptCommitment& one : all) {
    const Id id = last_id_ = one.id;
    if (one.state == State::settled) {
      settled_.emplace(id, std::move(one));
    } else {
      pending_references_ += one.references;
      pending_.emplace(id, Pending{.kept = std::move(one)});
    }
  }
  return {};
}

void Commitments::hand_over(Pending& one, const Association* to) {
  std::erase_if(owed_, [&](const auto& owed) { return owed.second == one.kept.id; });
  one.association = to;
  one.under_way = false;
  if (to != nullptr) owed_.emplace(to, one.kept.id);
  changed_.notify_all();
}

// PS3.3 C.14.1.1, 0131: a TransactionUID that is in use for something else.
State Commitments::state_of(const KeptCommitment& asked) const {
  const auto is_other = [&](const KeptCommitment& known) {
    return known.transaction_uid == asked.transaction_uid && known.digest != asked.digest &&
           known.state != State::duplicate;
  };
  const bool is_used =
      std::ranges::any_of(pending_, [&](const auto& one) { return is_other(one.second.kept); }) ||
      std::ranges::any_of(settled_, [&](const auto& one) { return is_other(one.second); });
  return is_used ? State::duplicate : State::pending;
}

bool Commitments::has_room_for(const KeptCommitment& asked) const {
  std::size_t pending = 1, references = asked.references;  // of its title
  for (const auto& [id, one] : pending_) {
    if (one.kept.aet != asked.aet) continue;
    ++pending;
    references += one.kept.references;
  }
  return pending_.size() < kPendingMax && pending <= kTitlePendingMax &&
         pending_references_ + asked.references <= kPendingReferencesMax &&
         references <= kTitleReferencesMax;
}

Result<> Commitments::add(const CommitmentRequest& request, const Association& association,
                          std::uint8_t context, Time now) {
  KeptCommitment one{.aet = association.facts().calling_aet,
                     .transaction_uid = request.transaction_uid,
                     .received = now,
                     .digest = digest_of(association.facts().calling_aet, request.references),
                     .references = request.references.size()};
  {
    const std::lock_guard lock(mutex_);
    // Asked for again, perhaps because the answer was lost: one report will do.
    const auto same = std::ranges::find_if(pending_, [&](const auto& known) {
      return known.second.kept.transaction_uid == one.transaction_uid &&
             known.second.kept.digest == one.digest && !known.second.under_way;
    });
    if (same != pending_.end()) {
      same->second.context = context;
      hand_over(same->second, &association);
      return {};
    }
    if (!has_room_for(one))
      return Error{Errc::busy, "too many requests for storage commitment are pending"};
    one.id = ++last_id_;
    one.state = state_of(one);
    pending_references_ += one.references;
  }
  auto kept = kept_.keep(one, request.references);
  const std::lock_guard lock(mutex_);
  if (!kept) {
    pending_references_ -= one.references;
    return kept;
  }
  const Id id = one.id;
  const auto added = pending_.emplace(id, Pending{.kept = std::move(one), .context = context});
  hand_over(added.first->second, &association);
  return {};
}

// -- by the thread of an association

bool Commitments::owes(const Association& association) const {
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = owed_.equal_range(&association);
  return begin != end && std::none_of(begin, end, [&](const auto& owed) {
           return pending_.at(owed.second).under_way;
         });
}

Result<> Commitments::report(Association& association) {
  std::optional<KeptCommitment> due;
  std::uint8_t context = 0;
  std::uint16_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto owed = owed_.find(&association);
    if (owed == owed_.end()) return {};
    Pending& one = pending_.at(owed->second);
    one.under_way = true;
    id = one.message_id = association.next_message_id();
    context = one.context;
    due = one.kept;
  }
  const auto report = make_report(*due);
  if (!report) {
    postpone(*due, report.error().message);
    return {};
  }
  return association.send(context, report_command(id, *report), to_dataset(*report));
}

bool Commitments::take_answer(const Association& association, const Message& answer) {
  if (answer.field() != response(CommandField::n_event_report_rq)) return false;
  std::optional<KeptCommitment> told;
  {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = owed_.equal_range(&association);
    for (auto owed = begin; owed != end; ++owed) {
      const Pending& one = pending_.at(owed->second);
      if (one.under_way && one.message_id == answer.responded_id()) told = one.kept;
    }
  }
  if (!told) return false;
  answered(*std::move(told), answer.status());
  return true;
}

void Commitments::ended(const Association& association) {
  const std::lock_guard lock(mutex_);
  for (auto owed = owed_.find(&association); owed != owed_.end(); owed = owed_.find(&association)) {
    hand_over(pending_.at(owed->second), nullptr);
  }
}

// -- by a thread of its own

void Commitments::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto due = guarded([&] { return take_due(now()); });
    if (due && !due->empty()) {
      if (!guarded([&] { report_to(*due, stop); })) put_back(*due);
      continue;
    }
    std::unique_lock lock(mutex_);
    if (!due) {  // there may be memory then
      changed_.wait_for(lock, stop, options_.report_backoff.first, [] { return false; });
      continue;
    }
    const auto wait = until_due(now());
    changed_.wait_for(lock, stop, wait, [&] { return until_due(now()).count() <= 0; });
  }
}

// Those of one peer, which are under way then.
std::vector<KeptCommitment> Commitments::take_due(Time now) {
  const std::lock_guard lock(mutex_);
  std::vector<KeptCommitment> taken;
  for (auto& [id, one] : pending_) {
    if (one.association != nullptr || one.under_way || one.due > now) continue;
    if (!taken.empty() && taken.front().aet != one.kept.aet) continue;
    taken.push_back(one.kept);
  }
  for (const auto& one : taken) pending_.at(one.id).under_way = true;
  return taken;
}

// Those that are still under way, because there was no memory to report them.
void Commitments::put_back(const std::vector<KeptCommitment>& due) {
  const std::lock_guard lock(mutex_);
  for (const auto& each : due) {
    const auto found = pending_.find(each.id);
    if (found == pending_.end() || !found->second.under_way) continue;
    hand_over(found->second, nullptr);
    found->second.due = now() + options_.report_backoff.first;
  }
}

std::chrono::milliseconds Commitments::until_due(Time now) const {
  std::chrono::milliseconds left = std::chrono::hours(1);
  for (const auto& [id, one] : pending_) {
    if (one.association == nullptr && !one.under_way) left = std::min(left, one.due - now);
  }
  return left;
}

void Commitments::report_to(const std::vector<KeptCommitment>& due, std::stop_token stop) {
  const auto postpone_from = [&](std::size_t begin, const std::string& why) {
    for (std::size_t i = begin; i < due.size(); ++i) postpone(due[i], why);
  };
  const std::string& aet = due.front().aet;
  const auto peer = peer_titled(options_, aet, stop);
  if (!peer) return put_off_strangers(due);
  mark(due, Title::known);
  auto association = Association::request(*peer, {commitment_context(kScp)});
  if (!association) return postpone_from(0, association.error().message);
  // PS3.7 D.3.3.4: who says nothing of roles has not accepted ours; some that say nothing take the
  // report all the same.
  const auto& sop_class = kCommitmentSopClasses.front();
  const auto* context = association->context_for(sop_class, Role::scp);
  if (context == nullptr) context = association->context_for(sop_class, Role::scu);
  if (context == nullptr) return postpone_from(0, "it does not accept storage commitment");
  for (std::size_t i = 0; i < due.size(); ++i) {
    if (stop.stop_requested()) return;
    const auto status = report_over(*association, *context, due[i]);
    if (!association->is_open()) return postpone_from(i, status.error().message);
    if (status) {
      answered(due[i], *status);
    } else {
      postpone(due[i], status.error().message);
    }
  }
  static_cast<void>(association->release().ok());  // each has its answer
}

Result<Status> Commitments::report_over(Association& association, const AcceptedContext& context,
                                        const KeptCommitment& of) {
  DCMFS_TRY(const auto report, make_report(of));
  const auto id = association.next_message_id();
  DCMFS_CHECK(association.send(context.id, report_command(id, report), to_dataset(report)));
  DCMFS_TRY(const auto answer, association.receive());
  if (answer.field() != response(CommandField::n_event_report_rq) || answer.responded_id() != id) {
    association.abort();
    return Error{Errc::corrupt, "the peer did not answer the report"};
  }
  return answer.status();
}

// -- what becomes of one

Result<CommitmentReport> Commitments::make_report(const KeptCommitment& of) const {
  DCMFS_TRY(auto references, kept_.references(of));
  if (of.state != State::duplicate) {
    DCMFS_TRY(auto checked, check_commitment(store_, {of.transaction_uid, std::move(references)}));
    // In this order: who has the report may delete what it sent (PS3.4 J).
    DCMFS_CHECK(store_.make_durable());
    return checked;
  }
  CommitmentReport report{.transaction_uid = of.transaction_uid};
  for (auto& one : references)
    report.failed.push_back({std::move(one), statuses::kDuplicateTransactionUid});
  return report;
}

bool Commitments::mark(const std::vector<KeptCommitment>& due, Title title) {
  const std::lock_guard lock(mutex_);
  const bool is_unknown = title == Title::unknown;
  const bool was_unknown = std::ranges::any_of(pending_, [&](const auto& one) {
    return one.second.is_strangers && one.second.kept.aet == due.front().aet;
  });
  for (const KeptCommitment& of : due) {
    if (const auto found = pending_.find(of.id); found != pending_.end())
      found->second.is_strangers = is_unknown;
  }
  return is_unknown && !was_unknown;
}

// Its node may be made known within the day.
void Commitments::put_off_strangers(const std::vector<KeptCommitment>& due) {
  if (mark(due, Title::unknown)) {
    options_.log("storage commitment cannot be reported to " + due.front().aet +
                 ": its AE title is not in DicomModalities");
  }
  for (const KeptCommitment& of : due) put_off(of);
  for (const KeptCommitment& of : strangers_beyond_limit()) settle(of, Memory::forget);
}

std::vector<KeptCommitment> Commitments::strangers_beyond_limit() const {
  const std::lock_guard lock(mutex_);
  std::vector<KeptCommitment> beyond;
  std::size_t pending = 0, references = 0;
  for (auto one = pending_.rbegin(); one != pending_.rend(); ++one) {  // the latest first
    const auto& [id, stranger] = *one;
    if (!stranger.is_strangers || stranger.association != nullptr) continue;
    references += stranger.kept.references;
    if (++pending > kStrangersPendingMax || references > kStrangersReferencesMax)
      beyond.push_back(stranger.kept);
  }
  return beyond;
}

void Commitments::postpone(const KeptCommitment& of, const std::string& why) {
  options_.log("a storage commitment could not be reported to " + of.aet + ": " + why);
  put_off(of);
}

void Commitments::put_off(const KeptCommitment& of) {
  const auto at = now();
  if (at - of.received > options_.report_for) {
    options_.log("a storage commitment of " + of.aet + " is given up");
    return settle(of);
  }
  const std::lock_guard lock(mutex_);
  const auto found = pending_.find(of.id);
  if (found == pending_.end()) return;
  Pending& one = found->second;
  hand_over(one, nullptr);
  const double random = std::uniform_real_distribution<>()(random_);
  one.due = at + delay_before_retry(++one.attempts, random, options_.report_backoff);
}

void Commitments::answered(KeptCommitment of, Status status) {
  const bool is_transient = std::ranges::find(kTransient, status) != std::end(kTransient);
  if (is_transient) return postpone(of, "it answered " + hexadecimal(status));
  if (class_of(status) == StatusClass::failure) {
    options_.log("a storage commitment was not taken by " + of.aet + ": it answered " +
                 hexadecimal(status));
  }
  settle(std::move(of));
}

void Commitments::settle(KeptCommitment of, Memory memory) {
  if (of.state == State::duplicate) memory = Memory::forget;  // it is another's
  // What cannot be written down is reported once more after the next start.
  const auto written = memory == Memory::forget ? kept_.forget(of) : kept_.settle(of);
  if (!written) options_.log("storage commitment: " + written.error().message);
  std::vector<KeptCommitment> old;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = pending_.find(of.id); found != pending_.end()) {
      hand_over(found->second, nullptr);
      pending_.erase(found);
      pending_references_ -= of.references;
    }
    if (of.state == State::settled) settled_.emplace(of.id, std::move(of));
    while (settled_.size() > kSettledMax) {
      old.push_back(settled_.extract(settled_.begin()).mapped());
    }
  }
  for (const KeptCommitment& one : old) {
    if (const auto gone = kept_.forget(one); !gone)
      options_.log("storage commitment: " + gone.error().message);
  }
}

}  // namespace dcmfs::net
