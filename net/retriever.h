#pragma once
// Studies that are to be fetched from other nodes, one after the other. What is asked for is kept in
// the store until it is there, or cannot be had, which is tried several times where only some of it
// came. Thread safe.
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/association.h"
#include "net/destinations.h"
#include "store/backoff.h"
#include "store/store.h"

namespace dcmfs::net {

struct RetrieverOptions {
  Calling calling = {};
  Backoff backoff = {};
  std::function<void(std::string_view)> log = [](std::string_view) {};
};

class Retriever {
 public:
  static constexpr std::size_t kStudiesMax = 10'000;  // that wait

  // Both must outlive it.
  static std::unique_ptr<Retriever> start(Store&, const Destinations&, RetrieverOptions);
  ~Retriever();  // what is under way is begun anew by the next

  // Durable. Errors: invalid_argument (no UID), too_large (too many wait), io.
  Result<> fetch(std::string_view destination, std::string_view study_instance_uid);

  struct Status {
    std::int64_t waiting = 0;                 // studies
    std::int64_t fetched = 0, remaining = 0;  // instances: since the start; of the study under way
    std::string last_error;
  };
  Status status(const std::string& destination) const;

 private:
  struct Parts;
  explicit Retriever(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace dcmfs::net
