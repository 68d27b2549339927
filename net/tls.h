#pragma once
// DICOM over TLS (PS3.15 B.12, the profile of BCP 195 as RFC 9325 has it): the certificates of this
// node, and the handshake of either role, which makes a ByteStream of a connection.
//
// What is checked of a peer is its chain of certificates; DICOM does not ask for names in them.
// Each connection has a handshake of its own: nothing is resumed. Any thread.
#include <chrono>
#include <filesystem>
#include <memory>

#include "net/byte_stream.h"
#include "net/socket.h"
#include "store/result.h"

namespace dcmfs::net {

// Whether a peer needs a certificate, and whether one that it has is checked. Who accepts a
// connection always has one.
enum class PeerCertificate { required, checked_if_there, unchecked };
enum class TlsVersion { v1_2, v1_3 };

// Each file is PEM. What is empty there is not: without certificate one can only request.
struct TlsOptions {
  std::filesystem::path certificate = {};  // may have its chain behind it
  std::filesystem::path private_key = {};
  std::filesystem::path trusted = {};  // one after the other
  PeerCertificate peer = PeerCertificate::required;
  TlsVersion version_min = TlsVersion::v1_2;
};

class Tls {
 public:
  // not_found, corrupt, invalid_argument: a file that is missing or no such thing, a key that does
  // not match. The message begins with the name of the option, and says what to do.
  static Result<Tls> load(const TlsOptions&);

  bool has_certificate() const { return has_certificate_; }
  friend bool operator==(const Tls&, const Tls&) = default;  // loaded at the same time

  using Deadline = std::chrono::steady_clock::time_point;
  // The handshake, until the deadline. The descriptor stays the caller's, and is made one that does
  // not block; `timeout` is for each operation afterwards. Errors: timed_out, io, denied (one of
  // both does not trust the other, or they have no version or suite in common).
  Result<std::unique_ptr<ByteStream>> accept(int fd, std::chrono::seconds timeout, Deadline) const;
  Result<std::unique_ptr<ByteStream>> connect(int fd, std::chrono::seconds timeout, Deadline) const;

 private:
  struct Contexts;
  Tls(std::shared_ptr<const Contexts> contexts, bool has_certificate)
      : contexts_(std::move(contexts)), has_certificate_(has_certificate) {}

  // Shared by all copies: each association to come has one.
  std::shared_ptr<const Contexts> contexts_;
  bool has_certificate_;
};

}  // namespace dcmfs::net
