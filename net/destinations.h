#pragma once
// The other nodes that this one knows, by name: whom it can send to and ask, and who may ask it for
// what. Some stand in the configuration, others are put here at run time and kept in the store; both
// are known at once to all that this node does.
//
// Thread safe.
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "net/access.h"
#include "net/association.h"
#include "net/tls.h"
#include "store/kept_list.h"
#include "store/result.h"

namespace dcmfs::net {

struct Destination {
  std::string aet;
  std::string host;
  int port = 104;
  int associations_max = 1;         // at a time, for sending
  bool storage_commitment = false;  // what it has not committed to (PS3.4 J) is not sent yet
  Privileges may = {};              // ask us for
  bool uses_tls = false;            // we to it
  std::string local_aet = {};       // as whom we call it; empty: as whom we call others
  std::chrono::seconds timeout{0};  // of it when it is silent; 0: that of others
  bool may_transcode = true;        // what is sent to it
  bool retrieves_by_get = false;    // what is wanted of it: by C-GET; else C-MOVE
  std::string manufacturer =
      "Generic";  // a name for people and their programs; nothing depends on it
  friend bool operator==(const Destination&, const Destination&) = default;
};

// How this node calls others, but for what a Destination says of itself.
struct Calling {
  std::string aet = "DCMFS";
  std::chrono::seconds timeout{10};  // of a silent peer
  Tls tls = Tls();                   // for those that are spoken to with it
  int pdu_bytes_max = kPduBytesMax;  // that we receive
};
Peer peer_of(const Destination&, const Calling&, std::stop_token = {});

// invalid_argument: it has a value that cannot be, such as an AE title that is none.
Result<> check_destination(const Destination&);

// As text, in lines: how it is kept. invalid_argument if it is none.
std::string to_text(const Destination&);
Result<Destination> parse_destination(std::string_view text);

class Destinations {
 public:
  static constexpr std::size_t kDestinationsMax = 1000;

  static Result<Destinations> open(KeptValues&,
                                   const std::map<std::string, Destination>& configured);

  KeptList<Destination>::ByName list() const { return list_->all(); }
  std::vector<std::string> names() const { return list_->names(); }  // sorted
  std::optional<Destination> get(std::string_view name) const { return list_->get(name); }
  const std::vector<std::string>& unreadable() const { return list_->unreadable(); }
  // All that have this AE title, by their names.
  std::vector<Destination> titled(std::string_view aet, Titles) const;

  // Errors: invalid_argument (a name or a value that cannot be), too_large (too many), io.
  Result<> put(std::string_view name, const Destination&);
  // Of one that was put. not_found; denied: it stands in the configuration. What is queued for it
  // waits until there is one of that name again.
  Result<> remove(std::string_view name) { return list_->remove(name); }

 private:
  explicit Destinations(std::unique_ptr<KeptList<Destination>> list) : list_(std::move(list)) {}

  std::unique_ptr<KeptList<Destination>> list_;
};

}  // namespace dcmfs::net
