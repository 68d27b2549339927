#include "rest/http/client.h"

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

constexpr std::size_t kReaders = 2;
constexpr std::size_t kReaderQueueMax = 1024;
constexpr std::size_t kReplyPieceBytes = 64 << 10;

void prepare_tls(boost::asio::ssl::context& context, const HttpTls& tls) {
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  if (!tls.trusted.empty()) context.load_verify_file(tls.trusted);
  if (tls.certificate.empty()) return;
  if (!tls.key_password.empty())
    context.set_password_callback([password = tls.key_password](std::size_t, boost::asio::ssl::context::password_purpose) {
      return password;
    });
  context.use_certificate_chain_file(tls.certificate);
  context.use_private_key_file(tls.key.empty() ? tls.certificate : tls.key, boost::asio::ssl::context::pem);
}

http::client::http_client_config config_of(const HttpCall& call) {
  http::client::http_client_config config;
  config.set_timeout(call.timeout);
  config.set_max_redirects(0);
  config.set_validate_certificates(call.tls.verify);
  config.set_ssl_context_callback([tls = call.tls](boost::asio::ssl::context& context) { prepare_tls(context, tls); });
  return config;
}

// RFC 7617 2
std::string basic_authorization(const std::string& user, const std::string& password) {
  const std::string both = user + ':' + password;
  return "Basic " + utility::conversions::to_base64({both.begin(), both.end()});
}

Result<HttpReply> receive_reply(const http::http_response& response) {
  HttpReply reply{.status = response.status_code(), .type = response.headers().content_type(), .body = {}};
  const auto body = response.body();
  for (;;) {
    concurrency::streams::container_buffer<std::vector<std::uint8_t>> piece;
    const auto n = body.read(piece, kReplyPieceBytes).get();
    if (n == 0) return reply;
    if (reply.body.size() + n > HttpClient::kReplyBytesMax)
      return Error{Errc::too_large, "the server answers too much"};
    const auto& bytes = piece.collection();  // has room for more than has come
    reply.body.append(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
  }
}

}  // namespace

HttpClient::HttpClient() : readers_(kReaders, kReaderQueueMax) {
  make_event_loop();
}

Result<HttpReply> HttpClient::call(const HttpCall& call) {
  if (!is_http_url(call.url)) return Error{Errc::invalid_argument, "this is no URL of HTTP: " + call.url};
  std::shared_ptr<OutgoingBuffer> outgoing;
  pplx::cancellation_token_source cancellation;
  const std::stop_callback cancel(call.stop, [cancellation] { cancellation.cancel(); });
  const auto broken = [&](const std::string& why) {
    if (outgoing) outgoing->stop();
    if (call.stop.stop_requested()) return Error{Errc::cancelled, "stopped"};
    return Error{Errc::io, web::uri(call.url).host() + ": " + why};
  };
  try {
    http::http_request request{http::method(std::string(name(call.method)))};
    for (const auto& [key, value] : call.headers) request.headers().add(key, value);
    if (!call.user.empty())
      request.headers().add(http::header_names::authorization, basic_authorization(call.user, call.password));
    if (const auto* file = std::get_if<FileRange>(&call.body)) {
      outgoing = std::make_shared<OutgoingBuffer>(std::make_unique<FileSource>(*file), readers_);
      request.set_body(concurrency::streams::streambuf<std::uint8_t>(outgoing).create_istream(),
                       static_cast<utility::size64_t>(file->size), call.type);
    } else if (const auto& text = std::get<std::string>(call.body); !text.empty() || call.method != Method::get) {
      request.set_body(concurrency::streams::bytestream::open_istream(text), text.size(), call.type);
    }
    http::client::http_client client(web::uri(call.url), config_of(call));
    const auto response = client.request(request, cancellation.get_token()).get();
    return receive_reply(response);
  } catch (const http::http_exception& e) {
    if (e.error_code() == std::make_error_code(std::errc::timed_out) && !call.stop.stop_requested()) {
      if (outgoing) outgoing->stop();
      return Error{Errc::timed_out, web::uri(call.url).host() + " does not answer"};
    }
    return broken(e.what());
  } catch (const std::exception& e) {
    return broken(e.what());
  }
}

bool is_http_url(const std::string& text) {
  if (!web::uri::validate(text)) return false;
  const web::uri uri(text);
  return (uri.scheme() == "http" || uri.scheme() == "https") && !uri.host().empty() && uri.user_info().empty();
}

}  // namespace dcmfs::rest
