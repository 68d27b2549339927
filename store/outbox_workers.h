#pragma once
// Empties the outbox: sends what is queued to the destinations there are, for as long as it takes.
//
// A destination has threads of its own while something of it is due. One process at a time may have
// these on a store: who begins takes what dead ones had claimed.
#include <chrono>
#include <memory>
#include <vector>

#include "store/carrier.h"

namespace dcmfs {

struct WorkersOptions {
  // How often it looks for what other processes have put: they are not heard of.
  std::chrono::milliseconds look_every{1'000};
  std::chrono::milliseconds patience_at_end{2'000};  // with peers that may be about to answer
};

class OutboxWorkers {
 public:
  // All must outlive it. No destination is of two carriers.
  static Result<std::unique_ptr<OutboxWorkers>> start(Store&, std::vector<Carrier*>,
                                                      const WorkersOptions&);
  // What is being sent is finished if its answer comes at once, else sent again another time.
  ~OutboxWorkers();

 private:
  struct Parts;
  explicit OutboxWorkers(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace dcmfs
