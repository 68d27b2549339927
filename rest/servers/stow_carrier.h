#pragma once
// Brings entries of the outbox to servers of DICOMweb, by STOW-RS: many of them in one request. In the outbox
// the server EAST is "peers/EAST", so that a modality can have the same name.
#include <string>
#include <string_view>

#include "rest/peers.h"
#include "rest/servers/stow_call.h"
#include "store/carrier.h"

namespace dcmfs {
class DeliveryAttempts;
}

namespace dcmfs::rest {

class StowCarrier final : public Carrier {
 public:
  // Both must outlive it.
  StowCarrier(Store& store, Peers& servers, DeliveryRules rules)
      : store_(store), servers_(servers), rules_(std::move(rules)) {}

  std::vector<std::string> destinations() const override;
  int threads_max(const std::string& destination) const override;
  void carry(const std::string& destination, std::stop_token stop, std::stop_token abort) override;

 private:
  enum class GoOn : bool { no, yes };
  struct Batch {  // of one request
    std::vector<Outgoing> entries;
    std::vector<StowInstance> instances;
  };
  struct Route {  // of one thread
    DeliveryAttempts& attempts;
    Peer server;
    std::stop_token abort;
    bool has_answered = false;
  };

  void deliver(const std::string& destination, DeliveryAttempts&, const std::stop_token& stop,
               const std::stop_token& abort);
  std::vector<Batch> open(std::vector<Outgoing>, Route&);
  GoOn send(Batch, Route&);
  GoOn settle(const Error&, const Batch&, Route&);
  GoOn settle(const StowAnswer&, Batch, Route&);
  GoOn send_each(Batch, Route&);

  Store& store_;
  Peers& servers_;
  const DeliveryRules rules_;
};

// Whether a server answers: "EAST answers: 12 ms", or why it does not. Blocks.
std::string echo_server(Peers&, const std::string& name, std::stop_token);

}  // namespace dcmfs::rest
