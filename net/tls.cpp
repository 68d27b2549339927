#include "net/tls.h"

#include <cerrno>
#include <string>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "net/tls_stream.h"

namespace dcmfs::net {
namespace {

// RFC 9325 4.2 for TLS 1.2, 4.2.1 for what TLS 1.3 has.
constexpr const char* kSuites12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
constexpr const char* kSuites13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384:P-521";
constexpr int kSecurityLevel = 2;  // 112 bits, RSA of 2048 (RFC 9325 4.4, 4.5)
constexpr int kChainDepthMax = 10;

struct ContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, ContextFree>;

// A daemon cannot be asked for a password.
int no_password(char*, int, int, void*) {
  return 0;
}

Result<> readable(const char* option, const std::filesystem::path& file) {
  if (std::error_code ignored; std::filesystem::is_directory(file, ignored)) {
    return Error{Errc::invalid_argument,
                 std::string(option) + ": expected a PEM file, " + file.string() + " is a folder"};
  }
  if (::access(file.c_str(), R_OK) == 0) return {};
  return system_error(errno, std::string(option) + ": cannot read " + file.string());
}

Error no_pem(const char* option, const std::filesystem::path& file, const char* what) {
  const auto reason = ERR_GET_REASON(ERR_peek_last_error());
  const bool is_weak = reason == SSL_R_EE_KEY_TOO_SMALL || reason == SSL_R_CA_KEY_TOO_SMALL ||
                       reason == SSL_R_CA_MD_TOO_WEAK;
  ERR_clear_error();
  if (is_weak) {
    return {Errc::invalid_argument,
            std::string(option) + ": " + file.string() +
                " is too weak: expected RSA of 2048 bits or more, or ECDSA, with SHA-256 or more"};
  }
  return {Errc::corrupt, std::string(option) + ": expected " + what + " in " + file.string()};
}

Result<> load_own(SSL_CTX* context, const TlsOptions& options) {
  DCMFS_CHECK(readable("DicomTlsCertificate", options.certificate));
  DCMFS_CHECK(readable("DicomTlsPrivateKey", options.private_key));
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate.c_str()) != 1) {
    return no_pem("DicomTlsCertificate", options.certificate, "a certificate in PEM");
  }
  const bool is_key =
      SSL_CTX_use_PrivateKey_file(context, options.private_key.c_str(), SSL_FILETYPE_PEM) == 1;
  if (is_key && SSL_CTX_check_private_key(context) == 1) return {};
  if (is_key || ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_X509) {
    ERR_clear_error();
    return Error{Errc::invalid_argument, "DicomTlsPrivateKey: " + options.private_key.string() +
                                             " is not the key of the certificate in " +
                                             options.certificate.string()};
  }
  return no_pem("DicomTlsPrivateKey", options.private_key,
                "a private key in PEM without a password");
}

Result<> load_trusted(SSL_CTX* context, const TlsOptions& options, TlsRole role) {
  if (options.trusted.empty()) return {};
  DCMFS_CHECK(readable("DicomTlsTrustedCertificates", options.trusted));
  if (SSL_CTX_load_verify_file(context, options.trusted.c_str()) != 1) {
    return no_pem("DicomTlsTrustedCertificates", options.trusted, "certificates in PEM");
  }
  // What the administrator lists is trusted, though its issuer is not.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
  // Who has several certificates learns which one to show.
  if (role == TlsRole::server) {
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(options.trusted.c_str()));
  }
  return {};
}

int verification(PeerCertificate peer, TlsRole role) {
  switch (peer) {
    case PeerCertificate::required:
      return SSL_VERIFY_PEER | (role == TlsRole::server ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
    case PeerCertificate::checked_if_there:
      return SSL_VERIFY_PEER;
    case PeerCertificate::unchecked:
      return SSL_VERIFY_NONE;
  }
  return SSL_VERIFY_PEER;
}

Result<Context> make_context(const TlsOptions& options, TlsRole role) {
  ERR_clear_error();
  Context context(SSL_CTX_new(role == TlsRole::server ? TLS_server_method() : TLS_client_method()));
  const int version = options.version_min == TlsVersion::v1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
  if (!context || SSL_CTX_set_min_proto_version(context.get(), version) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), kSuites12) != 1 ||
      SSL_CTX_set_ciphersuites(context.get(), kSuites13) != 1 ||
      SSL_CTX_set1_groups_list(context.get(), kGroups) != 1) {
    return Error{Errc::io, "TLS: OpenSSL does not have what BCP 195 asks for"};
  }
  SSL_CTX_set_security_level(context.get(), kSecurityLevel);
  SSL_CTX_set_default_passwd_cb(context.get(), no_password);
  // The end of a message is told by its PDUs, not by the end of the connection.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context.get(), verification(options.peer, role), nullptr);
  SSL_CTX_set_verify_depth(context.get(), kChainDepthMax);
  DCMFS_CHECK(load_trusted(context.get(), options, role));
  if (!options.certificate.empty()) DCMFS_CHECK(load_own(context.get(), options));
  return context;
}

}  // namespace

struct Tls::Loaded {
  Context client, server;
};

Result<Tls> Tls::load(const TlsOptions& options) {
  if (options.certificate.empty() != options.private_key.empty()) {
    const bool has_key = options.certificate.empty();
    return Error{Errc::invalid_argument,
                 has_key ? "DicomTlsCertificate: expected the certificate of DicomTlsPrivateKey"
                         : "DicomTlsPrivateKey: expected the key of DicomTlsCertificate"};
  }
  if (options.trusted.empty() && options.peer != PeerCertificate::unchecked) {
    return Error{
        Errc::invalid_argument,
        "DicomTlsTrustedCertificates: expected a file of the certificates that other nodes "
        "have, or of who issued them"};
  }
  DCMFS_TRY(auto client, make_context(options, TlsRole::client));
  DCMFS_TRY(auto server, make_context(options, TlsRole::server));
  return Tls(std::make_shared<const Loaded>(Loaded{std::move(client), std::move(server)}),
             !options.certificate.empty());
}

Result<std::unique_ptr<ByteStream>> Tls::accept(int fd, std::chrono::seconds timeout,
                                                Deadline deadline) const {
  if (!loaded_) return why_not_;
  return tls_handshake(loaded_->server.get(), TlsRole::server, fd, timeout, deadline);
}

Result<std::unique_ptr<ByteStream>> Tls::connect(int fd, std::chrono::seconds timeout,
                                                 Deadline deadline) const {
  if (!loaded_) return why_not_;
  return tls_handshake(loaded_->client.get(), TlsRole::client, fd, timeout, deadline);
}

}  // namespace dcmfs::net
