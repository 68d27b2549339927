#include "net/sender.h"

#include "net/sending.h"

namespace dcmfs::net {
namespace {

class DicomCarrier final : public Carrier {
 public:
  DicomCarrier(Store& store, const Destinations& destinations, Calling calling, DeliveryRules rules,
               std::chrono::milliseconds linger)
      : store_(store),
        known_(destinations),
        calling_(std::move(calling)),
        rules_(std::move(rules)),
        linger_(linger) {}

  std::vector<std::string> destinations() const override { return known_.names(); }
  int threads_max(const std::string& destination) const override {
    const auto to = known_.get(destination);
    return to ? to->associations_max : 0;
  }
  void carry(const std::string& destination, std::stop_token stop, std::stop_token abort) override {
    Sending(store_, known_, calling_, rules_, linger_, destination, std::move(abort))
        .run(std::move(stop));
  }

 private:
  Store& store_;
  const Destinations& known_;
  const Calling calling_;
  const DeliveryRules rules_;
  const std::chrono::milliseconds linger_;
};

}  // namespace

std::unique_ptr<Carrier> dicom_carrier(Store& store, const Destinations& destinations,
                                       Calling calling, DeliveryRules rules,
                                       std::chrono::milliseconds linger) {
  return std::make_unique<DicomCarrier>(store, destinations, std::move(calling), std::move(rules),
                                        linger);
}

}  // namespace dcmfs::net
