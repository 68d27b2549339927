#pragma once
// One thread's part of sending: entries of one destination over one association. Private to
// net/sender.cpp and this file's.
#include <chrono>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "net/destinations.h"
#include "net/parcel.h"
#include "store/delivery_attempts.h"

namespace dcmfs::net {

class Sending {
 public:
  // `abort`: ends the association whatever is under way.
  Sending(Store&, const Destinations&, const Calling&, const DeliveryRules&,
          std::chrono::milliseconds linger, std::string name, std::stop_token abort);

  // Sends until nothing was due for a moment, the destination does not answer, or a stop is
  // requested, which waits for the answer to what is being sent.
  void run(std::stop_token);

 private:
  enum class GoOn : bool { no, yes };

  GoOn send_batch(const std::vector<Outgoing>&, std::stop_token);
  std::vector<Parcel> open(const std::vector<Outgoing>&);
  // The parcels from `begin` on that one association can carry; the answer is where they end.
  std::size_t fit(const std::vector<Parcel>&, std::size_t begin,
                  std::set<StorageSyntax>& needed) const;
  std::vector<ProposedContext> contexts(const std::set<StorageSyntax>&) const;
  Peer peer() const;
  Result<> connect(const std::set<StorageSyntax>& needed);
  GoOn send_over(std::vector<Parcel>&, std::size_t begin, std::size_t end, std::stop_token);
  void settle(const Outgoing&, Status);
  void release(const std::vector<Parcel>&, std::size_t begin, std::size_t end);
  void tell_sent();
  void close();

  Store& store_;
  Outbox& outbox_;
  const Destinations& destinations_;
  const Calling& calling_;
  const DeliveryRules& rules_;
  const std::chrono::milliseconds linger_;
  const std::string name_;
  const std::stop_token abort_;
  DeliveryAttempts attempts_;

  Destination to_;
  std::optional<Association> association_;
  std::set<StorageSyntax> proposed_;  // of the association
  int broken_in_a_row_ = 0;           // associations, and nothing sent meanwhile
  std::vector<Outgoing> sent_;        // not told to the outbox yet
  Time told_{}, last_sent_{};
};

}  // namespace dcmfs::net
