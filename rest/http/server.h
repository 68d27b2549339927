#pragma once
// The HTTP server. See README.md for how to add a route.
#include <cstddef>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rest/http/authentication.h"
#include "rest/http/route.h"
#include "store/store.h"

namespace dcmfs::rest {

struct Options {
  std::string host = "127.0.0.1";
  int port = 8042;
  std::size_t threads = 8;
  bool authenticate = false;
  Users users{};
  std::set<std::string, std::less<>> read_only_users{};
  std::int64_t body_bytes_max = 0;     // MaximumRequestBodySizeMB; 0: none
  bool compress = true;                // texts, where the client takes gzip
  std::vector<std::string> origins{};  // of web pages that may call this server; "*": all
  // PEM. Empty: plain HTTP.
  std::string certificate_file{};
  std::string key_file{};      // empty: in the file of the certificate
  std::string proxy_secret{};  // proxy.h; empty: no proxy is trusted with files
  std::span<const RouteTable> routes = route_tables();
};

class Server {
 public:
  // busy: somebody else listens there. What the services refer to must outlive the server.
  static Result<std::unique_ptr<Server>> start(const Services&, Options);
  // Answers what is under way, then closes.
  ~Server();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts>);
  std::unique_ptr<Parts> parts_;
};

}  // namespace dcmfs::rest
