#include "rest/http/client.h"

#include <future>
#include <optional>

#include <boost/asio/ssl/context.hpp>
#include <cpprest/containerstream.h>
#include <cpprest/http_client.h>
#include <openssl/ssl.h>

#include "rest/http/event_loop.h"
#include "rest/http/file_source.h"
#include "rest/http/streams.h"

namespace dcmfs::rest {
namespace {

namespace http = web::http;

constexpr std::size_t kWorkers = 4;
constexpr std::size_t kWorkerQueueMax = 1024;

void prepare_tls(boost::asio::ssl::context& context, const HttpTls& tls) {
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  if (!tls.trusted.empty()) context.load_verify_file(tls.trusted);
  if (tls.certificate.empty()) return;
  if (!tls.key_password.empty())
    context.set_password_callback(
        [password = tls.key_password](std::size_t, boost::asio::ssl::context::password_purpose) {
          return password;
        });
  context.use_certificate_chain_file(tls.certificate);
  context.use_private_key_file(tls.key.empty() ? tls.certificate : tls.key,
                               boost::asio::ssl::context::pem);
}

http::client::http_client_config config_of(const HttpCall& call) {
  http::client::http_client_config config;
  config.set_timeout(call.timeout);
  config.set_max_redirects(0);
  config.set_validate_certificates(call.tls.verify);
  config.set_ssl_context_callback(
      [tls = call.tls](boost::asio::ssl::context& context) { prepare_tls(context, tls); });
  return config;
}

// RFC 7617 2
std::string basic_authorization(const std::string& user, const std::string& password) {
  const std::string both = user + ':' + password;
  return "Basic " + utility::conversions::to_base64({both.begin(), both.end()});
}

// Gives `out` to the request, if it is more than a text.
std::shared_ptr<OutgoingBuffer> set_body(http::http_request& request, HttpCall& call,
                                         WorkerPool& workers) {
  const auto stream = [&](std::unique_ptr<Source> source, std::optional<std::int64_t> size) {
    auto outgoing = std::make_shared<OutgoingBuffer>(std::move(source), workers);
    auto body = concurrency::streams::streambuf<std::uint8_t>(outgoing).create_istream();
    if (size)
      request.set_body(body, static_cast<utility::size64_t>(*size), call.type);
    else
      request.set_body(body, call.type);
    return outgoing;
  };
  if (auto* file = std::get_if<FileRange>(&call.body))
    return stream(std::make_unique<FileSource>(*file), file->size);
  if (auto* made = std::get_if<Streamed>(&call.body))
    return stream(std::move(made->source), made->size);
  const auto& text = std::get<std::string>(call.body);
  if (!text.empty() || call.method != Method::get)
    request.set_body(concurrency::streams::bytestream::open_istream(text), text.size(), call.type);
  return nullptr;
}

// The body of an answer: as fast as it is taken, so that it fills no memory whatever its size.
class ReplyBody {
 public:
  explicit ReplyBody(WorkerPool& workers) : buffer_(std::make_shared<IncomingBuffer>(workers)) {}

  concurrency::streams::ostream stream() const {
    return concurrency::streams::streambuf<std::uint8_t>(buffer_).create_ostream();
  }
  // Blocks until all of it was taken. Throws what broke the connection.
  Result<> receive(const http::http_response& response, IncomingBuffer::Take take) {
    std::promise<Result<>> taken;
    buffer_->open(buffer_, std::move(take),
                  [&taken](Result<> how) { taken.set_value(std::move(how)); });
    auto ready = response.content_ready();
    ready.then([buffer = buffer_](const pplx::task<http::http_response>& all) {
      try {
        all.get();
        buffer->end(true);
      } catch (const std::exception&) {
        buffer->end(false);
      }
    });
    auto how = taken.get_future().get();
    if (!how && how.error().code == Errc::cancelled) ready.get();
    return how;
  }

 private:
  std::shared_ptr<IncomingBuffer> buffer_;
};

}  // namespace

HttpClient::HttpClient() : workers_(kWorkers, kWorkerQueueMax) {
  make_event_loop();
}

Result<HttpReply> HttpClient::call(HttpCall call) {
  if (!is_http_url(call.url))
    return Error{Errc::invalid_argument, "this is no URL of HTTP: " + call.url};
  const std::string host = web::uri(call.url).host();
  std::shared_ptr<OutgoingBuffer> outgoing;
  pplx::cancellation_token_source cancellation;
  const std::stop_callback cancel(call.stop, [cancellation] { cancellation.cancel(); });
  const auto broken = [&](Errc code, const std::string& why) {
    if (outgoing) outgoing->stop();
    if (call.stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
    return Error{code, host + (code == Errc::timed_out ? " " : ": ") + why};
  };
  try {
    http::http_request request{http::method(std::string(name(call.method)))};
    for (const auto& [key, value] : call.headers) request.headers().add(key, value);
    if (!call.user.empty())
      request.headers().add(http::header_names::authorization,
                            basic_authorization(call.user, call.password));
    outgoing = set_body(request, call, workers_);
    ReplyBody body(workers_);
    request.set_response_stream(body.stream());
    http::client::http_client client(web::uri(call.url), config_of(call));
    const auto response = client.request(request, cancellation.get_token()).get();
    HttpReply reply{
        .status = response.status_code(), .type = response.headers().content_type(), .body = {}};
    const bool is_taken = call.take && reply.is_success();
    const auto received = body.receive(response, [&](std::span<const std::byte> piece) -> Result<> {
      if (is_taken) return call.take(reply, piece);
      if (reply.body.size() + piece.size() > kReplyBytesMax)
        return Error{Errc::too_large, "the server answers too much"};
      reply.body.append(reinterpret_cast<const char*>(piece.data()), piece.size());
      return {};
    });
    if (!received) return received.error();
    return reply;
  } catch (const http::http_exception& e) {
    if (e.error_code() == std::make_error_code(std::errc::timed_out))
      return broken(Errc::timed_out, "does not answer");
    // cpprest says so of names and of addresses, also where the connection was refused.
    if (e.error_code() == std::make_error_code(std::errc::host_unreachable))
      return broken(Errc::not_found, e.what());
    return broken(Errc::io, e.what());
  } catch (const std::exception& e) {
    return broken(Errc::io, e.what());
  }
}

bool is_http_url(const std::string& text) {
  if (!web::uri::validate(text)) return false;
  const web::uri uri(text);
  return (uri.scheme() == "http" || uri.scheme() == "https") && !uri.host().empty() &&
         uri.user_info().empty();
}

}  // namespace dcmfs::rest
