#include "tools/tls.h"

#include <algorithm>

namespace dcmfs::tools {
namespace {

constexpr std::int64_t kTls13 = 5;  // DicomTlsMinimumProtocolVersion

// The rule of the option lets nothing else through.
net::PeerCertificate peer_certificate_of(std::string_view word) {
  if (word == "optional") return net::PeerCertificate::checked_if_there;
  return word == "off" ? net::PeerCertificate::unchecked : net::PeerCertificate::required;
}

}  // namespace

Result<net::Tls> load_tls(const Settings& settings, const std::filesystem::path& store) {
  if (settings.dicom_tls && settings.tls_certificate.empty() && settings.tls_private_key.empty()) {
    return Error{Errc::invalid_argument,
                 "DicomTlsEnabled: expected DicomTlsCertificate and DicomTlsPrivateKey too"};
  }
  const auto path_of = [&](const std::string& file) {
    return file.empty() ? std::filesystem::path() : store / file;
  };
  return net::Tls::load({
      .certificate = path_of(settings.tls_certificate),
      .private_key = path_of(settings.tls_private_key),
      .trusted = path_of(settings.tls_trusted),
      .peer = peer_certificate_of(settings.tls_peer_certificate),
      .version_min =
          settings.tls_version_min == kTls13 ? net::TlsVersion::v1_3 : net::TlsVersion::v1_2,
  });
}

Result<net::Tls> load_tls_if_needed(const Settings& settings, const std::filesystem::path& store) {
  auto tls = load_tls(settings, store);
  const bool is_used = settings.dicom_tls ||
                       std::ranges::any_of(settings.modalities,
                                           [](const auto& named) { return named.second.uses_tls; });
  if (!tls && !is_used) return net::Tls(std::move(tls).error());
  return tls;
}

}  // namespace dcmfs::tools
