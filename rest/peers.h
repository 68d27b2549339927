#pragma once
// Other servers of HTTP, by name: those of the configuration, and those that were set at run time, which are
// kept in the store. There are two such lists: Orthanc's "peers", and servers of DICOMweb. Thread safe.
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <json/value.h>

#include "rest/http/client.h"
#include "store/kept_list.h"
#include "store/result.h"

namespace dcmfs::rest {

struct Peer {
  std::string url;  // ends in '/'
  std::string username = {}, password = {};
  Headers headers = {};                                                 // sent with every call
  std::chrono::seconds timeout{0};                                      // 0: that of others
  std::string certificate_file = {}, key_file = {}, key_password = {};  // of ours, for TLS
  // What else is said of it: "HasDelete". Of booleans the text is "1" or "0", as Orthanc tells them.
  std::map<std::string, std::string> properties = {};

  bool flag(const std::string& property, bool otherwise) const;
};

// [URL], [URL, USER, PASSWORD] or {"Url", "Username", "Password", "HttpHeaders", "Timeout", "CertificateFile",
// "CertificateKeyFile", "CertificateKeyPassword", and any property}. invalid_argument.
Result<Peer> parse_peer(const Json::Value&);
// An object of texts, or null. invalid_argument.
Result<Headers> parse_headers(const Json::Value&);
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
  // Of lists, as they are kept.
  static constexpr std::string_view kOrthancPeers = "peer", kDicomwebServers = "dicomweb server";

  static Result<std::unique_ptr<Peers>> open(KeptValues&, std::string_view list,
                                             const std::map<std::string, Peer>& configured,
                                             PeerCalling);

  std::vector<std::string> names() const { return list_->names(); }
  std::optional<Peer> get(std::string_view name) const { return list_->get(name); }
  const std::vector<std::string>& unreadable() const { return list_->unreadable(); }
  // Durable. invalid_argument: a name that cannot be; too_large: too many; io.
  Result<> put(const std::string& name, const Peer&);
  // not_found; denied: it stands in the configuration.
  Result<> remove(std::string_view name) { return list_->remove(name); }

  // A path of this peer, without a '/' at its beginning.
  struct Asked {
    Method method = Method::get;
    std::string path;
    std::string type = {};
    std::variant<std::string, FileRange, Streamed> body = {};
    Headers headers = {};  // before those of the peer
    std::stop_token stop = {};
    decltype(HttpCall::take) take = {};
  };
  // Whatever the status. Errors: those of HttpClient.
  Result<HttpReply> call(const Peer&, Asked);
  // io also: a status other than 200.
  Result<HttpReply> ask(const Peer&, Asked);

 private:
  Peers(std::unique_ptr<KeptList<Peer>> list, PeerCalling calling)
      : list_(std::move(list)), calling_(std::move(calling)) {}

  const std::unique_ptr<KeptList<Peer>> list_;
  const PeerCalling calling_;
  HttpClient client_;
};

// All of a list: their names, or with `expand` each with what peer_json() tells.
Json::Value peers_json(const Peers&, bool expand);

}  // namespace dcmfs::rest
