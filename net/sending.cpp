#include "net/sending.h"

#include <algorithm>
#include <utility>

#include "net/commitment.h"
#include "net/committing.h"
#include "net/sent.h"
#include "net/verdict.h"

namespace dcmfs::net {
namespace {

constexpr std::size_t kBatch = 32;
// Long, because who begins forgets what dead ones had claimed: no instance takes longer to be sent.
constexpr std::chrono::hours kLease{24};
constexpr std::size_t kTellAtOnce = 8, kCommitAtOnce = 100;
constexpr std::chrono::milliseconds kTellSentEvery{100};

std::vector<Outgoing> entries_of(const std::vector<Parcel>& parcels, std::size_t begin,
                                 std::size_t end) {
  std::vector<Outgoing> entries;
  for (std::size_t i = begin; i < end; ++i) entries.push_back(parcels[i].entry);
  return entries;
}

}  // namespace

Sending::Sending(Store& store, const Destinations& destinations, const SenderOptions& options,
                 std::string name, std::stop_token abort)
    : store_(store),
      outbox_(store.outbox()),
      destinations_(destinations),
      options_(options),
      name_(std::move(name)),
      abort_(std::move(abort)) {}

void Sending::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto to = destinations_.get(name_);
    if (!to) break;
    if (*to != to_) close();
    to_ = *to;
    check(ask_overdue_commitments(store_, peer(), name_));
    const auto seen = outbox_.news();
    auto entries = claim();
    if (!entries) {
      options_.log(name_ + ": " + entries.error().message);
      break;
    }
    if (!entries->empty()) {
      if (send_batch(*std::move(entries), stop) == GoOn::no) break;
      last_sent_ = now();
      continue;
    }
    if (!association_ || last_sent_ + options_.linger < now()) break;
    tell_sent();
    outbox_.wait(seen, options_.linger, stop);
  }
  close();
}

// Looked at first: a claim is news to others, also one of nothing.
Result<std::vector<Outgoing>> Sending::claim() {
  claimed_ = now();
  DCMFS_TRY(const auto due, outbox_.next_due(name_));
  if (!due || *due > claimed_) return std::vector<Outgoing>();
  return outbox_.claim(name_, kBatch, claimed_, kLease);
}

Sending::GoOn Sending::send_batch(std::vector<Outgoing> entries, std::stop_token stop) {
  auto parcels = open(std::move(entries));
  for (std::size_t begin = 0; begin < parcels.size();) {
    std::set<StorageSyntax> needed;
    const auto end = fit(parcels, begin, needed);
    const auto connected = connect(needed);
    if (!connected && abort_.stop_requested()) {
      release(parcels, begin, parcels.size());
      return GoOn::no;
    }
    if (!connected) {
      postpone(entries_of(parcels, begin, parcels.size()),
               {trouble_of(connected.error().code), connected.error().message});
      return GoOn::no;
    }
    const auto go_on = send_over(parcels, begin, end, stop);
    tell_sent();
    if (go_on == GoOn::no) {
      release(parcels, end, parcels.size());
      return GoOn::no;
    }
    begin = end;
  }
  if (sent_.size() >= kCommitAtOnce) close();
  return GoOn::yes;
}

std::vector<Parcel> Sending::open(std::vector<Outgoing> entries) {
  std::vector<Parcel> parcels;
  for (Outgoing& entry : entries) {
    auto parcel = open_parcel(store_, entry);
    if (parcel) {
      parcel->instance.syntax.is_only = !to_.may_transcode;
      parcels.push_back(*std::move(parcel));
    } else if (parcel.error().code == Errc::io || parcel.error().code == Errc::no_space) {
      try_later(entry, {Trouble::other, parcel.error().message});
    } else {
      check(outbox_.fail(entry, {Trouble::lost, parcel.error().message}, now()));
    }
  }
  return parcels;
}

std::size_t Sending::fit(const std::vector<Parcel>& parcels, std::size_t begin,
                         std::set<StorageSyntax>& needed) const {
  for (std::size_t i = begin; i < parcels.size(); ++i) {
    if (!needed.insert(parcels[i].instance.syntax).second) continue;
    if (contexts(needed).size() <= kProposalsMax) continue;
    needed.erase(parcels[i].instance.syntax);
    return i;
  }
  return parcels.size();
}

std::vector<ProposedContext> Sending::contexts(const std::set<StorageSyntax>& needed) const {
  auto all = contexts_for(needed);
  if (to_.storage_commitment) all.push_back(commitment_context(kScu));
  return all;
}

Peer Sending::peer() const {
  return peer_of(to_, options_.calling, abort_);
}

Result<> Sending::connect(const std::set<StorageSyntax>& needed) {
  if (association_ && association_->is_open() && !association_->has_arrived() &&
      std::ranges::includes(proposed_, needed)) {
    return {};
  }
  close();
  // With what was sent before: a mixed queue would else change associations again and again.
  auto all = proposed_;
  all.insert(needed.begin(), needed.end());
  if (contexts(all).size() > kProposalsMax) all = needed;
  auto association = Association::request(peer(), contexts(all));
  if (!association) return std::move(association).error();
  association_.emplace(*std::move(association));
  proposed_ = std::move(all);
  sent_over_it_ = 0;
  return {};
}

Sending::GoOn Sending::send_over(std::vector<Parcel>& parcels, std::size_t begin, std::size_t end,
                                 std::stop_token stop) {
  for (std::size_t i = begin; i < end; ++i) {
    if (stop.stop_requested()) {
      release(parcels, i, end);
      return GoOn::no;
    }
    keep_claim(parcels, i);
    const auto& parcel = parcels[i];
    const auto status = send_instance(store_, *association_, parcel.instance);
    if (status) {
      settle(parcel.entry, *status);
      ++sent_over_it_;
      continue;
    }
    if (association_->is_open()) {
      settle(parcel.entry, status.error());
      continue;
    }
    // The association broke, perhaps by this instance: its own attempt, and the others' turn.
    tell_sent();
    if (abort_.stop_requested()) {
      release(parcels, i, end);
      return GoOn::no;
    }
    const auto trouble =
        status.error().code == Errc::timed_out ? Trouble::timed_out : Trouble::broken;
    const Failure failure{trouble, status.error().message};
    try_later(parcel.entry, failure);
    if (sent_over_it_ > 0) {  // it is there and takes some
      association_.reset();
      release(parcels, i + 1, end);
      return GoOn::yes;
    }
    postpone(entries_of(parcels, i + 1, end), failure);
    return GoOn::no;
  }
  return GoOn::yes;
}

void Sending::settle(const Outgoing& entry, Status status) {
  const Failure failure{Trouble::answered, text_of(status)};
  switch (verdict_of(status)) {
    case Verdict::sent:
      sent_.push_back(entry);
      if (sent_.size() >= kTellAtOnce || told_ + kTellSentEvery < now()) tell_sent();
      return;
    case Verdict::later:
      try_later(entry, failure);
      return;
    case Verdict::never:
      options_.log(name_ + ": an instance was refused: " + failure.reason);
      check(outbox_.fail(entry, failure, now()));
      return;
  }
}

// Before a byte was sent.
void Sending::settle(const Outgoing& entry, const Error& error) {
  if (error.code == Errc::io || error.code == Errc::no_space || error.code == Errc::busy) {
    try_later(entry, {Trouble::other, error.message});
    return;
  }
  const auto trouble =
      error.code == Errc::not_supported ? Trouble::not_accepted : Trouble::lost;
  options_.log(name_ + ": an instance cannot be sent: " + error.message);
  check(outbox_.fail(entry, {trouble, error.message}, now()));
}

void Sending::try_later(const Outgoing& entry, const Failure& failure) {
  const int attempt = entry.attempts + 1;
  if (attempt >= options_.attempts_max) {
    options_.log(name_ + ": an instance is given up: " + failure.reason);
    check(outbox_.fail(entry, failure, now()));
    return;
  }
  check(outbox_.retry(entry, failure, now(), now() + delay(attempt)));
}

void Sending::postpone(std::span<const Outgoing> entries, const Failure& failure) {
  const auto status = outbox_.status(name_);
  const int attempt = status ? status->failures + 1 : 1;
  const auto wait = delay(attempt);
  options_.log(name_ + ": " + failure.reason + "; tried again in " +
               std::to_string(wait.count() / 1000) + " s");
  check(outbox_.postpone(name_, entries, failure, now(), now() + wait));
}

void Sending::release(const std::vector<Parcel>& parcels, std::size_t begin, std::size_t end) {
  if (begin < end) check(outbox_.release(entries_of(parcels, begin, end), now()));
}

void Sending::keep_claim(const std::vector<Parcel>& parcels, std::size_t begin) {
  const auto at = now();
  if (at < claimed_ + kLease / 2) return;
  check(outbox_.extend(entries_of(parcels, begin, parcels.size()), at + kLease));
  claimed_ = at;
}

void Sending::tell_sent() {
  told_ = now();
  // That is asked for at the end, when nothing else is said on the association.
  if (sent_.empty() || to_.storage_commitment) return;
  check(settle_sent(store_, sent_, told_));
  sent_.clear();
}

void Sending::close() {
  tell_sent();
  if (!sent_.empty()) check(ask_commitment(store_, association_, peer(), std::exchange(sent_, {})));
  if (association_ && association_->is_open()) (void)association_->release();
  association_.reset();
}

std::chrono::milliseconds Sending::delay(int attempt) {
  return delay_before_retry(attempt, std::uniform_real_distribution<>()(random_), options_.backoff);
}

void Sending::check(const Result<>& done) const {
  if (!done) options_.log(name_ + ": outbox: " + done.error().message);
}

}  // namespace dcmfs::net
