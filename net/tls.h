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
  // With which no connection comes about: for who has no certificates. The error says why.
  explicit Tls(Error why_not = {Errc::denied, "TLS is not set up: there are no certificates"})
      : why_not_(std::move(why_not)) {}
  // not_found, corrupt, invalid_argument: a file that is missing or no such thing, a key that does
  // not match. The message begins with the name of the option, and says what to do.
  static Result<Tls> load(const TlsOptions&);

  bool has_certificate() const { return has_certificate_; }

  using Deadline = std::chrono::steady_clock::time_point;
  // The handshake, until the deadline. The descriptor stays the caller's, and is made one that does
  // not block; `timeout` is for each operation afterwards. Errors: timed_out, io, denied (one of
  // both does not trust the other, or they have no version or suite in common).
  Result<std::unique_ptr<ByteStream>> accept(int fd, std::chrono::seconds timeout, Deadline) const;
  Result<std::unique_ptr<ByteStream>> connect(int fd, std::chrono::seconds timeout, Deadline) const;

 private:
  struct Loaded;
  Tls(std::shared_ptr<const Loaded> loaded, bool has_certificate)
      : loaded_(std::move(loaded)), has_certificate_(has_certificate), why_not_() {}

  // Shared by all copies: each association to come has one.
  std::shared_ptr<const Loaded> loaded_;  // nullptr: see why_not_
  bool has_certificate_ = false;
  Error why_not_;
};

}  // namespace dcmfs::net
