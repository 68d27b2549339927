#include "net/sender.h"

#include "net/sending.h"
#include "net/sent.h"
#include "store/outbox_workers.h"

namespace dcmfs::net {
namespace {

class DicomCarrier final : public Carrier {
 public:
  DicomCarrier(Store& store, const Destinations& destinations, SenderOptions options)
      : store_(store),
        known_(destinations),
        options_(std::move(options)),
        rules_{options_.backoff, options_.attempts_max, options_.log, settle_sent} {}

  std::vector<std::string> destinations() const override { return known_.names(); }
  int threads_max(const std::string& destination) const override {
    const auto to = known_.get(destination);
    return to ? to->associations_max : 0;
  }
  void carry(const std::string& destination, std::stop_token stop, std::stop_token abort) override {
    Sending(store_, known_, options_, rules_, destination, std::move(abort)).run(std::move(stop));
  }

 private:
  Store& store_;
  const Destinations& known_;
  const SenderOptions options_;
  const DeliveryRules rules_;
};

}  // namespace

std::unique_ptr<Carrier> dicom_carrier(Store& store, const Destinations& destinations,
                                       SenderOptions options) {
  return std::make_unique<DicomCarrier>(store, destinations, std::move(options));
}

struct Sender::Parts {
  std::unique_ptr<Carrier> carrier;
  std::unique_ptr<OutboxWorkers> workers;  // last: it uses the other
};

Sender::Sender(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Sender::~Sender() = default;

Result<std::unique_ptr<Sender>> Sender::start(Store& store, const Destinations& destinations,
                                              SenderOptions options) {
  const WorkersOptions workers{options.look_every, options.patience_at_end};
  auto parts = std::make_unique<Parts>();
  parts->carrier = dicom_carrier(store, destinations, std::move(options));
  DCMFS_TRY(parts->workers, OutboxWorkers::start(store, {parts->carrier.get()}, workers));
  return std::unique_ptr<Sender>(new Sender(std::move(parts)));
}

}  // namespace dcmfs::net
