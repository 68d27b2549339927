#pragma once
// Other REST servers ("peers"), by name: those of the configuration, and those that were set at run time,
// which are kept in the store. Thread safe.
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <json/value.h>

#include "rest/http/client.h"
#include "store/kept_values.h"
#include "store/result.h"

namespace dcmfs::rest {

struct Peer {
  std::string url;  // ends in '/'
  std::string username = {}, password = {};
  Headers headers = {};             // sent with every call
  std::chrono::seconds timeout{0};  // 0: that of others
  std::string certificate_file = {}, key_file = {}, key_password = {};  // of ours, for TLS
};

// [URL], [URL, USER, PASSWORD] or {"Url", "Username", "Password", "HttpHeaders", "Timeout", "CertificateFile",
// "CertificateKeyFile", "CertificateKeyPassword"}. invalid_argument.
Result<Peer> parse_peer(const Json::Value&);
// As it is told: without its secrets.
Json::Value peer_json(const Peer&);

// How all peers are called.
struct PeerCalling {
  std::chrono::seconds timeout{60};
  bool verify = true;          // certificates
  std::string trusted_file{};  // PEM, beside those of the system
};

class Peers {
 public:
  static constexpr std::size_t kPeersMax = 1000;

  static Result<std::unique_ptr<Peers>> open(KeptValues&, std::map<std::string, Peer> configured, PeerCalling);

  std::vector<std::string> names() const;
  std::optional<Peer> get(std::string_view name) const;
  // Durable. invalid_argument: a name that cannot be; too_large: too many; io.
  Result<> put(const std::string& name, const Peer&);
  // not_found; denied: it stands in the configuration.
  Result<> remove(const std::string& name);

  // A path of this peer, without a '/' at its beginning. Errors: those of HttpClient, and io for a status
  // other than 200.
  struct Asked {
    Method method = Method::get;
    std::string path;
    std::string type = {};
    std::variant<std::string, FileRange> body = {};
    Headers headers = {};
    std::stop_token stop = {};
  };
  Result<HttpReply> ask(const Peer&, Asked);

 private:
  Peers(KeptValues&, std::map<std::string, Peer> configured, PeerCalling);

  KeptValues& kept_;
  const std::map<std::string, Peer> configured_;
  const PeerCalling calling_;
  HttpClient client_;
  mutable std::mutex mutex_;
  std::map<std::string, Peer, std::less<>> all_;  // guarded by mutex_
};

}  // namespace dcmfs::rest
