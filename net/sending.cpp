#include "net/sending.h"

#include <algorithm>
#include <utility>

#include "net/commitment.h"
#include "net/committing.h"
#include "net/verdict.h"

namespace dcmfs::net {
namespace {

constexpr std::size_t kBatch = 32;
// Associations that break, each at another instance, before it is taken for the destination's trouble.
constexpr int kBrokenInARowMax = 8;
constexpr std::size_t kTellAtOnce = 8, kCommitAtOnce = 100;
constexpr std::chrono::milliseconds kTellSentEvery{100};

std::vector<Outgoing> entries_of(const std::vector<Parcel>& parcels, std::size_t begin,
                                 std::size_t end) {
  std::vector<Outgoing> entries;
  for (std::size_t i = begin; i < end; ++i) entries.push_back(parcels[i].entry);
  return entries;
}

}  // namespace

Sending::Sending(Store& store, const Destinations& destinations, const Calling& calling,
                 const DeliveryRules& rules, std::chrono::milliseconds linger, std::string name,
                 std::stop_token abort)
    : store_(store),
      outbox_(store.outbox()),
      destinations_(destinations),
      calling_(calling),
      rules_(rules),
      linger_(linger),
      name_(std::move(name)),
      abort_(std::move(abort)),
      attempts_(store, rules, name_) {}

void Sending::run(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const auto to = destinations_.get(name_);
    if (!to) break;
    if (*to != to_) close();
    to_ = *to;
    attempts_.check(ask_overdue_commitments(store_, peer(), name_));
    const auto seen = outbox_.news();
    auto entries = attempts_.claim(kBatch);
    if (!entries) {
      rules_.log(name_ + ": " + entries.error().message);
      break;
    }
    if (!entries->empty()) {
      if (send_batch(*entries, stop) == GoOn::no) break;
      last_sent_ = now();
      continue;
    }
    if (!association_ || last_sent_ + linger_ < now()) break;
    tell_sent();
    outbox_.wait(seen, linger_, stop);
  }
  close();
  attempts_.finish(stop);
}

Sending::GoOn Sending::send_batch(const std::vector<Outgoing>& entries, std::stop_token stop) {
  auto parcels = open(entries);
  for (std::size_t begin = 0; begin < parcels.size();) {
    std::set<StorageSyntax> needed;
    const auto end = fit(parcels, begin, needed);
    const auto connected = connect(needed);
    if (!connected && abort_.stop_requested()) {
      release(parcels, begin, parcels.size());
      return GoOn::no;
    }
    if (!connected) {
      attempts_.postpone(entries_of(parcels, begin, parcels.size()),
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

std::vector<Parcel> Sending::open(const std::vector<Outgoing>& entries) {
  std::vector<Parcel> parcels;
  for (const Outgoing& entry : entries) {
    auto parcel = open_parcel(store_, entry);
    if (parcel) {
      parcel->instance.syntax.is_only = !to_.may_transcode;
      parcels.push_back(*std::move(parcel));
    } else {
      attempts_.cannot_send(entry, parcel.error());
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
  return peer_of(to_, calling_, abort_);
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
  return {};
}

Sending::GoOn Sending::send_over(std::vector<Parcel>& parcels, std::size_t begin, std::size_t end,
                                 std::stop_token stop) {
  for (std::size_t i = begin; i < end; ++i) {
    if (stop.stop_requested()) {
      release(parcels, i, end);
      return GoOn::no;
    }
    if (attempts_.claim_ages()) attempts_.keep_claim(entries_of(parcels, i, parcels.size()));
    const auto& parcel = parcels[i];
    const auto status = send_instance(store_, *association_, parcel.instance);
    if (status) {
      settle(parcel.entry, *status);
      broken_in_a_row_ = 0;
      continue;
    }
    if (association_->is_open()) {
      attempts_.cannot_send(parcel.entry, status.error());
      continue;
    }
    // The association broke, most likely by this instance, as it was accepted: its own attempt, and
    // the others' turn.
    tell_sent();
    if (abort_.stop_requested()) {
      release(parcels, i, end);
      return GoOn::no;
    }
    const auto trouble =
        status.error().code == Errc::timed_out ? Trouble::timed_out : Trouble::broken;
    const Failure failure{trouble, status.error().message};
    attempts_.try_later(parcel.entry, failure);
    association_.reset();
    if (++broken_in_a_row_ < kBrokenInARowMax) {
      release(parcels, i + 1, end);
      return GoOn::yes;
    }
    attempts_.postpone(entries_of(parcels, i + 1, end), failure);
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
      attempts_.try_later(entry, failure);
      return;
    case Verdict::never:
      attempts_.give_up(entry, failure);
      return;
  }
}

void Sending::release(const std::vector<Parcel>& parcels, std::size_t begin, std::size_t end) {
  attempts_.release(entries_of(parcels, begin, end));
}

void Sending::tell_sent() {
  told_ = now();
  // That is asked for at the end, when nothing else is said on the association.
  if (sent_.empty() || to_.storage_commitment) return;
  attempts_.settle(sent_);
  sent_.clear();
}

void Sending::close() {
  tell_sent();
  if (!sent_.empty()) {
    const auto sent = std::exchange(sent_, {});
    const auto asked = ask_commitment(store_, association_, peer(), sent);
    attempts_.check(asked);
    // What does not wait for an answer now is sent again.
    if (!asked) attempts_.release(sent);
  }
  if (association_ && association_->is_open()) (void)association_->release();
  association_.reset();
}

}  // namespace dcmfs::net
