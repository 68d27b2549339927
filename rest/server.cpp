#include "rest/server.h"

#include <mutex>
#include <variant>

#include <boost/system/system_error.hpp>
#include <cpprest/containerstream.h>
#include <cpprest/http_listener.h>
#include <pplx/threadpool.h>

#include "rest/error.h"
#include "rest/route.h"
#include "rest/worker_pool.h"

namespace dcmfs::rest {
namespace {

namespace http = web::http;

constexpr int kListenerThreads = 4;  // they only move bytes
constexpr std::size_t kQueueMax = 256;

// Before the first use of anything of cpprest, which would else start 40 threads.
void size_thread_pool() {
  static std::once_flag once;
  std::call_once(once, [] {
    try {
      crossplat::threadpool::initialize_with_threads(kListenerThreads);
    } catch (const std::exception&) {  // somebody was first: it works with any number
    }
  });
}

// The client may be gone, and that is no news.
void send(const http::http_request& request, const http::http_response& response) {
  try {
    request.reply(response).then([](const pplx::task<void>& sent) {
      try {
        sent.get();
      } catch (const std::exception&) {
      }
    });
  } catch (const std::exception&) {
  }
}

void send(const http::http_request& request, int status, const std::string& type, std::string body,
          const std::map<std::string, std::string>& headers = {}) {
  http::http_response response(static_cast<http::status_code>(status));
  for (const auto& [key, value] : headers) response.headers().add(key, value);
  if (request.method() == http::methods::HEAD) {
    // RFC 9110 9.3.2: the headers of GET without its content. cpprest sends what Content-Length
    // says; a stream that ends at once makes it close the connection after the headers instead.
    response.set_body(concurrency::streams::bytestream::open_istream(std::string()), body.size(),
                      type);
  } else {
    response.set_body(std::move(body), type);
  }
  send(request, response);
}

void send(const http::http_request& request, const Failure& failure,
          const std::map<std::string, std::string>& headers = {}) {
  send(request, failure.http, "application/json",
       failure_body(failure, request.method(), request.request_uri().path()), headers);
}

std::string authorization_of(const http::http_request& request) {
  const auto found = request.headers().find(http::header_names::authorization);
  return found == request.headers().end() ? std::string() : found->second;
}

}  // namespace

struct Server::Parts {
  Store& store;
  Options options;
  WorkerPool workers;
  http::experimental::listener::http_listener listener;

  Parts(Store& s, Options o, const web::uri& address)
      : store(s), options(std::move(o)), workers(options.threads, kQueueMax), listener(address) {
    listener.support([this](const http::http_request& request) { accept(request); });
    // The library's own answers to these do not come from our table.
    for (const auto& method : {http::methods::OPTIONS, http::methods::TRCE})
      listener.support(method, [this](const http::http_request& request) { accept(request); });
  }

  // In a thread of cpprest: decides, and blocks for nothing.
  void accept(const http::http_request& request) {
    auto found = find_route(routes(), request.method(), request.request_uri().path());
    if (std::holds_alternative<NoSuchPath>(found)) return send(request, no_such_path());
    if (const auto* wrong = std::get_if<WrongMethod>(&found))
      return send(request, method_not_allowed(), {{"Allow", wrong->allowed}});

    auto& [route, asked] = std::get<Found>(found);
    if (options.authenticate && route->access == Access::users &&
        !is_user(options.users, authorization_of(request)))
      return send(request, not_authenticated(),
                  {{"WWW-Authenticate", "Basic realm=\"dcmfs\", charset=\"UTF-8\""}});

    asked.query = query_of(request.request_uri().query());
    if (!workers.submit([this, request, handler = route->handler, question = std::move(asked)] {
          answer(request, handler, question);
        }))
      send(request, too_busy(), {{"Retry-After", "1"}});
  }

  // In one of our workers: may block.
  void answer(const http::http_request& request, Handler handler, const Request& question) const {
    auto response = handler({store, options.facts}, question);
    if (!response) return send(request, failure_of(response.error()));
    send(request, 200, response->type, std::move(response->body));
  }
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() {
  try {
    parts_->listener.close().get();
  } catch (const std::exception&) {  // it could not even close: there is nobody to tell
  }
}

Result<std::unique_ptr<Server>> Server::start(Store& store, Options options) {
  size_thread_pool();
  const std::string where = options.host + " port " + std::to_string(options.port);
  try {
    web::uri_builder address;
    address.set_scheme("http").set_host(options.host).set_port(options.port).set_path("/");
    auto parts = std::make_unique<Parts>(store, std::move(options), address.to_uri());
    parts->listener.open().get();
    return std::unique_ptr<Server>(new Server(std::move(parts)));
  } catch (const boost::system::system_error& error) {
    if (error.code() == boost::system::errc::address_in_use)
      return Error{Errc::busy, where + " is in use by another program"};
    return Error{Errc::io, where + ": " + error.code().message()};
  } catch (const std::exception& error) {
    return Error{Errc::io, where + ": " + error.what()};
  }
}

}  // namespace dcmfs::rest
