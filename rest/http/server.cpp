#include "rest/http/server.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <variant>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>
#include <cpprest/containerstream.h>
#include <cpprest/http_listener.h>
#include <openssl/ssl.h>
#include <pplx/pplxtasks.h>
#include <pplx/threadpool.h>

#include "rest/http/answer.h"
#include "rest/http/cors.h"
#include "rest/http/error.h"
#include "rest/http/event_loop.h"
#include "rest/http/file_source.h"
#include "rest/http/intake.h"
#include "rest/http/percent.h"
#include "rest/http/proxy.h"
#include "rest/http/route.h"
#include "rest/http/spooled_answer.h"
#include "rest/http/streams.h"
#include "rest/services.h"
#include "store/number.h"
#include "store/worker_pool.h"

// cpprest refuses a request line with what may not stand in a URI before anybody is asked, but people write
// ?PatientName=DOE^JANE, and other servers of DICOM take it. This takes the place of the library's own constructor (as the
// dynamic linker finds it first), which it hands on to; a test shows that it does. It takes the first part of "//studies"
// for a host, too, and drops it.
web::uri::uri(const utility::string_t& text)
    : uri(dcmfs::rest::with_legal_characters(dcmfs::rest::with_one_slash(text)).c_str()) {}

namespace dcmfs::rest {
namespace {

namespace http = web::http;

constexpr std::size_t kQueueMax = 1024;  // requests that wait for a worker
constexpr std::size_t kMovers = 4;       // that read and write bodies
constexpr std::size_t kMoverQueueMax = 1 << 16;
constexpr std::size_t kEndlessMax = 32;  // answers that wait for what happens
constexpr std::chrono::milliseconds kAfterWrongPassword{1000};
constexpr std::chrono::milliseconds kPatienceAtEnd{2000};  // for answers that are on their way

boost::asio::io_service& event_loop() {
  return crossplat::threadpool::shared_instance().service();
}

// Tasks of pplx run in the event loop, as they do by default. But the one that closes a listener
// waits for what only the event loop can do, so it runs where it is called.
class Scheduler final : public pplx::scheduler_interface {
 public:
  static thread_local bool here;

  void schedule(pplx::TaskProc_t task, void* argument) override {
    if (here) return task(argument);
    event_loop().post([task, argument] { task(argument); });
  }
};
thread_local bool Scheduler::here = false;

// RFC 9112 6.3: 0 without Content-Length; nullopt if it is no length. cpprest would take "7x" for 7, and wait for what
// "-5" counts from the end of all numbers.
std::optional<std::int64_t> content_length(const http::http_request& request) {
  const auto found = request.headers().find(http::header_names::content_length);
  if (found == request.headers().end()) return 0;
  return parse_natural(found->second);
}

bool has_body(const http::http_request& request) {
  return request.headers().has(http::header_names::transfer_encoding) ||
         content_length(request).value_or(0) > 0;
}

// Of what HEAD asks for and nobody knows how long it is, cpprest says "chunked" and looks for the first chunk, but none
// may follow (RFC 9110 9.3.2): an error ends the connection instead. A Content-Length of 0 would be wrong (8.6).
class Nothing : public Source {
 public:
  Result<std::size_t> read(std::span<std::byte>) override {
    return Error{Errc::cancelled, "it was asked with HEAD"};
  }
};

class Counted {
 public:
  explicit Counted(std::atomic<int>& number) : number_(number) { ++number_; }
  Counted(const Counted&) = delete;
  ~Counted() { --number_; }

 private:
  std::atomic<int>& number_;
};

Headers headers_of(const http::http_request& request) {
  Headers headers;
  for (const auto& [key, value] : request.headers()) headers.insert_or_assign(key, value);
  return headers;
}

}  // namespace

void make_event_loop() {
  static std::once_flag once;
  std::call_once(once, [] {
    crossplat::threadpool::initialize_with_threads(1);
    pplx::set_ambient_scheduler(std::make_shared<Scheduler>());
  });
}

struct Server::Parts {
  const Services services;
  const Options options;
  const AnswerOptions answering;
  Authentication authentication;
  WorkerPool movers;
  WorkerPool workers;
  std::mutex mutex;
  std::unique_ptr<WorkerPool>
      watchers;  // guarded by mutex; for answers without an end, each has one
  std::set<std::shared_ptr<OutgoingBuffer>> outgoing;  // guarded by mutex
  std::set<std::shared_ptr<OutgoingBuffer>> endless;   // guarded by mutex
  bool closing = false;                                // guarded by mutex
  std::atomic<int> pending = 0;  // being answered, or in the event loop with a pointer to us
  http::experimental::listener::http_listener listener;

  // One request and what became of it.
  struct Exchange {
    http::http_request request;
    const Route* route = nullptr;
    Request question;
    std::shared_ptr<IncomingBuffer> incoming;  // null: no body
    std::unique_ptr<Intake> intake;
  };
  using ExchangePtr = std::shared_ptr<Exchange>;

  Parts(const Services& s, Options o, const web::uri& address,
        const http::experimental::listener::http_listener_config& config)
      : services(s),
        options(std::move(o)),
        answering{.compress = options.compress,
                  .store = std::filesystem::canonical(s.store.root())},
        authentication(options.users),
        movers(kMovers, kMoverQueueMax),
        workers(options.threads, kQueueMax),
        listener(address, config) {
    const auto take = [this](const http::http_request& request) { accept(request); };
    listener.support(take);
    // The library's own answers to these do not come from our table.
    for (const auto& method : {http::methods::OPTIONS, http::methods::TRCE})
      listener.support(method, take);
  }

  // In the thread of cpprest: decides, and blocks for nothing.
  void accept(const http::http_request& request) {
    auto exchange = std::make_shared<Exchange>();
    exchange->request = request;
    exchange->question.path_text = request.request_uri().path();
    exchange->question.address = request.remote_address();
    exchange->question.headers = headers_of(request);
    exchange->question.by_proxy =
        is_trusted_proxy(exchange->question.headers, options.proxy_secret);
    if (const auto client = header(exchange->question.headers, "X-Real-IP");
        exchange->question.by_proxy && !client.empty())
      exchange->question.address = client;
    if (!content_length(request)) return refuse_length(exchange);
    if (has_body(request)) {
      exchange->incoming = std::make_shared<IncomingBuffer>(movers);
      request._get_impl()->set_outstream(
          concurrency::streams::streambuf<std::uint8_t>(exchange->incoming).create_ostream(),
          false);
      request.content_ready().then(
          [incoming = exchange->incoming](const pplx::task<http::http_request>& ready) {
            bool whole = true;
            try {
              ready.get();
            } catch (const std::exception&) {
              whole = false;
            }
            incoming->end(whole);
          });
    }
    auto found = find_route(options.routes, request.method(), exchange->question.path_text);
    if (std::holds_alternative<NoSuchPath>(found)) return refuse(exchange, no_such_path());
    if (auto* wrong = std::get_if<WrongMethod>(&found)) {
      if (request.method() == http::methods::OPTIONS)
        return answer_options(exchange, wrong->allowed);
      return refuse(exchange, method_not_allowed(), {{"Allow", wrong->allowed}});
    }
    exchange->route = std::get<Found>(found).route;
    exchange->question.method = std::get<Found>(found).request.method;
    exchange->question.level = std::get<Found>(found).request.level;
    exchange->question.path = std::move(std::get<Found>(found).request.path);
    auto query = Parameters::parse(request.request_uri().query());
    if (!query) return refuse(exchange, failure_of(query.error()));
    exchange->question.query = *std::move(query);

    if (exchange->route->access == Access::write &&
        comes_from_a_stranger(options.origins, exchange->question.headers))
      return refuse(exchange, foreign_page());
    if (!options.authenticate || exchange->route->access == Access::anyone)
      return receive(exchange);
    const std::string authorization(header(exchange->question.headers, "Authorization"));
    if (authorization.empty()) return ask_for_password(exchange);
    if (auto user = authentication.known(authorization)) return admit(exchange, *std::move(user));
    if (!workers.submit([this, exchange, authorization] {
          auto user = authentication.verify(authorization);
          user ? admit(exchange, *std::move(user)) : ask_later_for_password(exchange);
        }))
      refuse(exchange, too_busy(), {{"Retry-After", "1"}});
  }

  // Where its body ends nobody knows, so what follows is not read, and the connection ends. cpprest answers once it
  // has all of the body, so it is told that this one has failed.
  void refuse_length(const ExchangePtr& exchange) {
    exchange->request._get_impl()->_complete(
        0, std::make_exception_ptr(http::http_exception("no Content-Length")));
    refuse(exchange,
           {400, orthanc_errors::kBadRequest, "Content-Length must be one number of bytes"},
           {{"Connection", "close"}});
  }

  void admit(const ExchangePtr& exchange, std::string user) {
    exchange->question.may_write = !options.read_only_users.contains(user);
    if (exchange->route->access == Access::write && !exchange->question.may_write)
      return refuse(exchange, read_only_user());
    exchange->question.user = std::move(user);
    receive(exchange);
  }

  void ask_for_password(const ExchangePtr& exchange) {
    refuse(exchange, not_authenticated(),
           {{"WWW-Authenticate", "Basic realm=\"dcmfs\", charset=\"UTF-8\""}});
  }

  // Whoever tries passwords gets one a second, on each connection, and costs no thread.
  void ask_later_for_password(const ExchangePtr& exchange) {
    auto timer = std::make_shared<boost::asio::steady_timer>(event_loop(), kAfterWrongPassword);
    ++pending;
    timer->async_wait([this, exchange, timer](const boost::system::error_code&) {
      ask_for_password(exchange);
      --pending;
    });
  }

  // Lets the body come, then asks the handler.
  void receive(const ExchangePtr& exchange) {
    const IntakeLimits limits{.body_bytes_max = options.body_bytes_max};
    if (exchange->question.by_proxy && exchange->question.headers.contains("X-Dcmfs-Body-File")) {
      if (!workers.submit([this, exchange, limits] {
            const auto taken = take_spooled_body(exchange->question, exchange->route->takes,
                                                 services.store, limits);
            taken ? answer_it(exchange) : refuse(exchange, failure_of(taken.error()));
          }))
        refuse(exchange, too_busy(), {{"Retry-After", "1"}});
      return;
    }
    if (!exchange->incoming) {
      if (!workers.submit([this, exchange] { answer_it(exchange); }))
        refuse(exchange, too_busy(), {{"Retry-After", "1"}});
      return;
    }
    exchange->intake = std::make_unique<Intake>(exchange->route->takes, exchange->question.headers,
                                                services.store, limits);
    exchange->incoming->open(
        exchange->incoming,
        [exchange](std::span<const std::byte> piece) { return exchange->intake->take(piece); },
        [this, exchange](Result<> taken) {
          if (taken) taken = exchange->intake->finish(exchange->question);
          if (!taken) return refuse(exchange, failure_of(taken.error()));
          if (!workers.submit([this, exchange] { answer_it(exchange); }))
            refuse(exchange, too_busy(), {{"Retry-After", "1"}});
        });
  }

  // In one of our workers: may block.
  void answer_it(const ExchangePtr& exchange) {
    const Counted counted(pending);
    auto response = answer(services, *exchange->route, exchange->question, answering);
    if (exchange->request.http_version() < http::http_versions::HTTP_1_1) {
      auto whole = with_length(services.store, std::move(response));
      response = whole ? *std::move(whole)
                       : failure_response(failure_of(whole.error()), exchange->question);
    }
    send(exchange, std::move(response));
  }

  void answer_options(const ExchangePtr& exchange, const std::string& allowed) {
    if (exchange->incoming) exchange->incoming->refuse();
    Response response;
    response.type.clear();
    response.headers.emplace("Allow", allowed);
    add_preflight(options.origins, exchange->question.headers, allowed, response);
    send(exchange, std::move(response));
  }

  void refuse(const ExchangePtr& exchange, const Failure& failure, const Headers& headers = {}) {
    auto response =
        failure_response(failure, exchange->request.method(), exchange->question.path_text);
    response.headers = headers;
    if (exchange->incoming) {
      // What is still to come is not read: the connection cannot be used again.
      exchange->incoming->refuse();
      response.headers.emplace("Connection", "close");
    }
    send(exchange, std::move(response));
  }

  void send(const ExchangePtr& exchange, Response response) {
    add_cors(options.origins, exchange->question.headers, response);
    http::http_response out(static_cast<http::status_code>(response.status));
    for (const auto& [key, value] : response.headers) out.headers().add(key, value);
    out.headers().add("X-Content-Type-Options", "nosniff");
    const bool head = exchange->request.method() == http::methods::HEAD;
    std::shared_ptr<OutgoingBuffer> buffer;
    if (auto* text = std::get_if<std::string>(&response.body)) {
      set_text(out, std::move(*text), response.type, head);
    } else if (auto* file = std::get_if<FileRange>(&response.body)) {
      const auto size = static_cast<utility::size64_t>(file->size);
      if (head)
        set_length(out, size, response.type);
      else
        buffer =
            set_stream(out, std::make_unique<FileSource>(std::move(*file)), size, response.type);
    } else {
      auto& streamed = std::get<Streamed>(response.body);
      if (streamed.endless && !head) {
        buffer = set_endless(out, std::move(streamed.source), response.type);
        if (!buffer) return refuse(exchange, too_busy(), {{"Retry-After", "60"}});
      } else if (head && streamed.size)
        set_length(out, static_cast<utility::size64_t>(*streamed.size), response.type);
      else if (head) {
        say_close(out);
        buffer = set_stream(out, std::make_unique<Nothing>(), std::nullopt, response.type);
      } else
        buffer = set_stream(out, std::move(streamed.source), streamed.size, response.type);
    }
    reply(exchange->request, out, buffer);
  }

  // RFC 9112 9.6: a client that is not told would send its next request where nobody reads.
  static void say_close(http::http_response& out) {
    out.headers()[http::header_names::connection] = "close";
  }
  static void set_length(http::http_response& out, utility::size64_t size,
                         const std::string& type) {
    // RFC 9110 9.3.2: the headers of GET without its content. cpprest sends what Content-Length
    // says; a stream that ends at once makes it close the connection after the headers instead.
    if (size > 0) say_close(out);
    out.set_body(concurrency::streams::bytestream::open_istream(std::string()), size, type);
  }
  static void set_text(http::http_response& out, std::string text, const std::string& type,
                       bool head) {
    if (head) return set_length(out, text.size(), type);
    if (text.empty()) {  // no body at all
      if (!type.empty()) out.headers().add(http::header_names::content_type, type);
      return;
    }
    const auto size = text.size();
    out.set_body(concurrency::streams::bytestream::open_istream(std::move(text)), size, type);
  }
  std::shared_ptr<OutgoingBuffer> set_stream(http::http_response& out,
                                             std::unique_ptr<Source> source,
                                             std::optional<std::int64_t> size,
                                             const std::string& type) {
    auto buffer = std::make_shared<OutgoingBuffer>(std::move(source), movers);
    const auto stream = concurrency::streams::streambuf<std::uint8_t>(buffer).create_istream();
    if (size)
      out.set_body(stream, static_cast<utility::size64_t>(*size), type);
    else
      out.set_body(stream, type);
    return buffer;
  }

  // Null: there are as many as there may be.
  std::shared_ptr<OutgoingBuffer> set_endless(http::http_response& out,
                                              std::unique_ptr<Source> source,
                                              const std::string& type) {
    const std::lock_guard lock(mutex);
    if (endless.size() >= kEndlessMax) return nullptr;
    if (!watchers) watchers = std::make_unique<WorkerPool>(kEndlessMax, kEndlessMax);
    auto buffer = std::make_shared<OutgoingBuffer>(std::move(source), *watchers);
    endless.insert(buffer);
    out.set_body(concurrency::streams::streambuf<std::uint8_t>(buffer).create_istream(), type);
    return buffer;
  }

  // The client may be gone, and that is no news.
  void reply(const http::http_request& request, const http::http_response& response,
             const std::shared_ptr<OutgoingBuffer>& buffer) {
    if (buffer) {
      const std::lock_guard lock(mutex);
      if (closing) buffer->stop();
      outgoing.insert(buffer);
    }
    ++pending;
    try {
      request.reply(response).then([this, buffer](const pplx::task<void>& sent) {
        try {
          sent.get();
        } catch (const std::exception&) {
        }
        forget(buffer);
      });
    } catch (const std::exception&) {
      forget(buffer);
    }
  }

  void forget(const std::shared_ptr<OutgoingBuffer>& buffer) {
    if (buffer) {
      buffer->stop();
      const std::lock_guard lock(mutex);
      outgoing.erase(buffer);
      endless.erase(buffer);
    }
    --pending;
  }

  // Those without an end are not waited for, the others not for long.
  void let_answers_out() {
    const auto end = std::chrono::steady_clock::now() + kPatienceAtEnd;
    while (std::chrono::steady_clock::now() < end) {
      {
        const std::lock_guard lock(mutex);
        if (pending <= static_cast<int>(endless.size())) return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  void close() {
    let_answers_out();
    {
      const std::lock_guard lock(mutex);
      closing = true;
      for (const auto& buffer : outgoing) buffer->stop();
    }
    Scheduler::here = true;
    const auto closed = listener.close();
    Scheduler::here = false;
    closed.wait();
    while (pending > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() {
  try {
    parts_->close();
  } catch (const std::exception&) {  // it could not even close: there is nobody to tell
  }
}

Result<std::unique_ptr<Server>> Server::start(const Services& services, Options options) {
  make_event_loop();
  const std::string where = options.host + " port " + std::to_string(options.port);
  const bool secure = !options.certificate_file.empty();
  try {
    http::experimental::listener::http_listener_config config;
    if (secure) {
      const auto key_file = options.key_file.empty() ? options.certificate_file : options.key_file;
      const auto prepare = [certificate = options.certificate_file,
                            key_file](boost::asio::ssl::context& context) {
        context.use_certificate_chain_file(certificate);
        context.use_private_key_file(key_file, boost::asio::ssl::context::pem);
        ::SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
      };
      boost::asio::ssl::context probe(boost::asio::ssl::context::tls_server);
      prepare(probe);  // fails now rather than with every connection
      config.set_ssl_context_callback(prepare);
    }
    web::uri_builder address;
    address.set_scheme(secure ? "https" : "http")
        .set_host(options.host)
        .set_port(options.port)
        .set_path("/");
    auto parts = std::make_unique<Parts>(services, std::move(options), address.to_uri(), config);
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
