#pragma once
// The workers of the outbox with one carrier, that to DICOM nodes.
#include <memory>

#include "net/sender.h"
#include "store/outbox_workers.h"
#include "tests/support/temp_store.h"

namespace dcmfs::net {

struct SenderOptions {
  Calling calling = {.aet = "HERE"};
  DeliveryRules rules = {.backoff = {.first = std::chrono::milliseconds(20),
                                     .longest = std::chrono::milliseconds(40)}};
  WorkersOptions workers = {.look_every = std::chrono::milliseconds(50)};
};

class Sender {
 public:
  // Both must outlive it.
  Sender(Store& store, const Destinations& destinations, SenderOptions options = {})
      : carrier_(dicom_carrier(store, destinations, std::move(options.calling),
                               std::move(options.rules), std::chrono::milliseconds(50))),
        workers_(
            TempStore::require(OutboxWorkers::start(store, {carrier_.get()}, options.workers))) {}

 private:
  const std::unique_ptr<Carrier> carrier_;
  const std::unique_ptr<OutboxWorkers> workers_;  // last: it uses the other
};

}  // namespace dcmfs::net
