#include "store/delivery_attempts.h"

namespace dcmfs {
namespace {

// Long, because who begins forgets what dead ones had claimed: no instance takes longer to be sent.
constexpr std::chrono::hours kDeliveryLease{24};
constexpr std::chrono::milliseconds kWriteAgain{500};

// Of others it is not known that they ever end; what they concern is found when its claim has expired.
bool may_pass(const Error& error) {
  return error.code == Errc::no_space || error.code == Errc::busy;
}

std::vector<Outgoing> copy_of(std::span<const Outgoing> entries) {
  return {entries.begin(), entries.end()};
}

}  // namespace

DeliveryAttempts::DeliveryAttempts(Store& store, const DeliveryRules& rules,
                                   std::string destination)
    : store_(store), outbox_(store.outbox()), rules_(rules), destination_(std::move(destination)) {}

// Looked at first: a claim is news to others, also one of nothing.
Result<std::vector<Outgoing>> DeliveryAttempts::claim(std::size_t limit) {
  DCMFS_CHECK(write_what_is_left());
  claimed_ = now();
  DCMFS_TRY(const auto due, outbox_.next_due(destination_));
  if (!due || *due > claimed_) return std::vector<Outgoing>();
  return outbox_.claim(destination_, limit, claimed_, kDeliveryLease);
}

bool DeliveryAttempts::claim_ages() const {
  return now() >= claimed_ + kDeliveryLease / 2;
}

void DeliveryAttempts::keep_claim(std::span<const Outgoing> entries) {
  claimed_ = now();
  check(outbox_.extend(entries, claimed_ + kDeliveryLease));
}

void DeliveryAttempts::settle(std::span<const Outgoing> sent) {
  if (sent.empty()) return;
  write([this, entries = copy_of(sent)] { return rules_.settle(store_, entries, now()); });
}

void DeliveryAttempts::try_later(const Outgoing& entry, const Failure& failure) {
  const int attempt = entry.attempts + 1;
  if (attempt < rules_.attempts_max) {
    const auto wait = delay(attempt);
    write([=, this] { return outbox_.retry(entry, failure, now(), now() + wait); });
    return;
  }
  rules_.log(destination_ + ": an instance is given up: " + failure.reason);
  write([=, this] { return outbox_.fail(entry, failure, now()); });
}

void DeliveryAttempts::give_up(const Outgoing& entry, const Failure& failure) {
  rules_.log(destination_ + ": an instance cannot be sent: " + failure.reason);
  write([=, this] { return outbox_.fail(entry, failure, now()); });
}

void DeliveryAttempts::cannot_send(const Outgoing& entry, const Error& error) {
  if (error.code == Errc::not_supported)
    return give_up(entry, {Trouble::not_accepted, error.message});
  const bool is_lost = error.code == Errc::not_found || is_about_the_file(error.code);
  is_lost ? give_up(entry, {Trouble::lost, error.message})
          : try_later(entry, {Trouble::other, error.message});
}

void DeliveryAttempts::postpone(std::span<const Outgoing> entries, const Failure& failure) {
  const auto status = outbox_.status(destination_);
  const int attempt = status ? status->failures + 1 : 1;
  const auto wait = delay(attempt);
  rules_.log(destination_ + ": " + failure.reason + "; tried again in " +
             std::to_string(wait.count() / 1000) + " s");
  write([=, this, entries = copy_of(entries)] {
    return outbox_.postpone(destination_, entries, failure, now(), now() + wait);
  });
}

void DeliveryAttempts::release(std::span<const Outgoing> entries) {
  if (entries.empty()) return;
  write([this, entries = copy_of(entries)] { return outbox_.release(entries, now()); });
}

void DeliveryAttempts::finish(const std::stop_token& stop) {
  for (;;) {
    const auto seen = outbox_.news();
    if (write_what_is_left() || stop.stop_requested()) return;
    outbox_.wait(seen, kWriteAgain, stop);
  }
}

void DeliveryAttempts::write(Outcome outcome) {
  const auto written = outcome();
  if (written) return;
  check(written);
  if (may_pass(written.error())) unwritten_.push_back(std::move(outcome));
}

Result<> DeliveryAttempts::write_what_is_left() {
  for (; !unwritten_.empty(); unwritten_.pop_front()) {
    const auto written = unwritten_.front()();
    if (!written && may_pass(written.error())) return written;
    check(written);
  }
  return {};
}

void DeliveryAttempts::check(const Result<>& done) const {
  if (!done) rules_.log(destination_ + ": outbox: " + done.error().message);
}

std::chrono::milliseconds DeliveryAttempts::delay(int attempt) {
  return delay_before_retry(attempt, std::uniform_real_distribution<>()(random_), rules_.backoff);
}

}  // namespace dcmfs
