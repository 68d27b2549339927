#pragma once
// One thread's attempts to bring entries to one destination: claims them, and writes down what became
// of each by the rules. What cannot be written down, as the disk is full, is kept and written later: else
// nobody would see to it before the claim has expired.
#include <deque>
#include <functional>
#include <random>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "store/carrier.h"

namespace dcmfs {

class DeliveryAttempts {
 public:
  DeliveryAttempts(Store&, const DeliveryRules&, std::string destination);

  Result<std::vector<Outgoing>> claim(std::size_t limit);
  // Whether what is left of it has to be claimed anew soon, because sending takes so long.
  bool claim_ages() const;
  void keep_claim(std::span<const Outgoing>);

  void settle(std::span<const Outgoing> sent);
  // The attempt was the entry's own; given up after so many.
  void try_later(const Outgoing&, const Failure&);
  void give_up(const Outgoing&, const Failure&);
  // Nothing of it could be sent, by no fault of the destination: lost, or another time.
  void cannot_send(const Outgoing&, const Error&);
  // Nobody is there: the whole queue waits, and no entry comes nearer to its last try.
  void postpone(std::span<const Outgoing>, const Failure&);
  void release(std::span<const Outgoing>);

  // Writes down what is left, however long that takes; at the end of the thread. What a stop leaves the
  // next start sends again.
  void finish(const std::stop_token&);

  // Tells the administrator of an error of the outbox.
  void check(const Result<>&) const;

 private:
  using Outcome = std::function<Result<>()>;

  std::chrono::milliseconds delay(int attempt);
  void write(Outcome);
  Result<> write_what_is_left();

  Store& store_;
  Outbox& outbox_;
  const DeliveryRules& rules_;
  const std::string destination_;
  std::mt19937 random_{std::random_device{}()};
  Time claimed_{};
  std::deque<Outcome> unwritten_;
};

}  // namespace dcmfs
