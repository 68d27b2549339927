#pragma once
// Whom this node can send to, by name. Some stand in the configuration, others are set at run time
// and kept in the store.
//
// Thread safe.
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/tls.h"
#include "store/kept_values.h"
#include "store/result.h"

namespace dcmfs::net {

struct Destination {
  std::string aet;
  std::string host;
  int port = 104;
  int associations_max = 1;  // at a time, for sending
  bool storage_commitment = false;  // what it has not committed to (PS3.4 J) is not sent yet
  std::optional<Tls> tls = {};  // none: not encrypted. Not kept: of the configuration alone
  friend bool operator==(const Destination&, const Destination&) = default;
};

// As text, in lines: how it is kept. invalid_argument if it is none.
std::string to_text(const Destination&);
Result<Destination> parse_destination(std::string_view text);

// A folder of the mount can have this name, and the outbox a queue.
bool is_destination_name(std::string_view);

class Destinations {
 public:
  static constexpr std::size_t kDestinationsMax = 1000;

  // Those that were set at run time stand before those of the configuration.
  static Result<Destinations> open(KeptValues&, std::map<std::string, Destination> configured);
  Destinations(Destinations&&) noexcept;

  std::optional<Destination> find(std::string_view name) const;
  std::vector<std::string> names() const;  // sorted

  // Errors: invalid_argument (a name or a value that cannot be), too_large (too many), io.
  Result<> set(std::string_view name, const Destination&);
  // Of one that was set. denied: it stands in the configuration. What is queued for it waits until
  // there is one of that name again.
  Result<> remove(std::string_view name);

 private:
  Destinations(KeptValues&, std::map<std::string, Destination> configured,
               std::map<std::string, Destination, std::less<>> all);

  KeptValues& kept_;
  const std::map<std::string, Destination> configured_;
  mutable std::mutex mutex_;
  std::map<std::string, Destination, std::less<>> all_;  // guarded by mutex_
};

}  // namespace dcmfs::net
