#pragma once
// Other nodes and servers of DICOMweb, as a program has them: those of the configuration and those that were
// set at run time, and whoever empties the outbox and fetches what was asked for. It waits until no other
// process does that on the store.
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "fs/peers.h"
#include "net/destinations.h"
#include "net/router.h"
#include "rest/peers.h"
#include "store/store.h"
#include "tools/options.h"

namespace dcmfs::tools {

// As whom, and how, the settings say that other nodes are called.
net::Calling calling_of(const Settings&, net::Tls);
// How other servers of HTTP are called. Files of the settings are in the store.
rest::PeerCalling peer_calling_of(const Settings&, const std::filesystem::path& store);
// What became of a C-ECHO, in a line.
std::string echo_line(std::string_view name, const Result<std::chrono::milliseconds>& took);

// The rules of autorouting; they have been checked with the other settings.
Result<std::vector<net::Route>> routes_of(const Settings&);

// Thread safe.
class Delivery final : public fs::Peers {
 public:
  using Log = std::function<void(std::string_view)>;
  // The store must outlive it.
  static Result<std::unique_ptr<Delivery>> open(Store&, const Settings&);
  // Sends from now on. Called once.
  void start(Log);
  // Ends what waits for a peer, and sends no more.
  void stop();
  ~Delivery() override;

  // The one list of other nodes; what is put into it is known to all parts at once.
  net::Destinations& destinations();
  rest::Peers& servers();  // of DICOMweb, likewise
  // How they are called, and until when.
  const net::Calling& calling() const;
  std::stop_token stopping() const;

  // Whether something could be sent to it; a server of DICOMweb is "peers/NAME".
  bool knows(std::string_view destination) const;

  std::vector<std::string> names() const override;
  std::string echo(const std::string& name) override;
  Result<std::vector<Dataset>> find_studies(const std::string& name, const Keys&) override;
  Result<> retrieve(const std::string& name, const std::string& study_instance_uid) override;
  fs::Retrieving retrieving(const std::string& name) override;

 private:
  struct Parts;
  explicit Delivery(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace dcmfs::tools
