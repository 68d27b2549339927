#pragma once
// An HTTP client, for other REST servers.
//
// Thread safe. A call blocks, so it is for workers and jobs, never for the thread of cpprest.
#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <variant>

#include "rest/http/message.h"
#include "store/result.h"
#include "store/worker_pool.h"

namespace dcmfs::rest {

struct HttpTls {             // PEM files; empty: none
  bool verify = true;        // the server's certificate, and that it is of this host
  std::string trusted = {};  // certificates beside those of the system
  std::string certificate = {}, key = {}, key_password = {};  // of ours
};

struct HttpReply {
  int status = 0;
  std::string type;
  std::string body;

  bool is_success() const { return status >= 200 && status < 300; }
};

struct HttpCall {
  Method method = Method::get;
  std::string url;
  Headers headers = {};
  std::string user = {}, password = {};  // RFC 7617; no user: none is told
  std::string type = {};                 // of the body
  std::variant<std::string, FileRange, Streamed> body = {};
  std::chrono::seconds timeout{60};  // of a silent server
  HttpTls tls = {};
  std::stop_token stop = {};
  // What is answered with a status from 200 to 299 goes there, piece by piece, instead of into the reply's
  // body. Runs in a worker, never two at a time, and not after call() has returned. Its error ends the call.
  std::function<Result<>(const HttpReply& head, std::span<const std::byte>)> take = {};
};

class HttpClient {
 public:
  static constexpr std::size_t kReplyBytesMax = 16 << 20;

  HttpClient();
  // What was answered, whatever the status; redirections are not followed. Errors: invalid_argument (no URL),
  // not_found (nobody is there), io (TLS, the connection broke), timed_out, cancelled, too_large.
  // What `take` says is passed on.
  Result<HttpReply> call(HttpCall);

 private:
  WorkerPool workers_;  // on bodies, on their way out and in
};

// "http://host:port/path" or https. Credentials in it are not ours to send.
bool is_http_url(const std::string&);

}  // namespace dcmfs::rest
