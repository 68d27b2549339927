#pragma once
// Certificates that are made for a test, as files in a folder.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "tests/support/temp_folder.h"

namespace dcmfs::net {

struct Certified {
  std::shared_ptr<EVP_PKEY> key;  // who it issued for needs it, too
  std::shared_ptr<X509> certificate;
};

enum class Kind : bool { authority, node };

// By itself if there is no issuer. `valid_s` from now on; less than 0: it has expired.
inline Certified make_certificate(const std::string& name, Kind kind,
                                  const Certified* issuer = nullptr, long valid_s = 3600) {
  Certified made{{EVP_EC_gen("P-256"), EVP_PKEY_free}, {X509_new(), X509_free}};
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
  X509_gmtime_adj(X509_getm_notAfter(certificate), valid_s);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate,
                       issuer ? X509_get_subject_name(issuer->certificate.get()) : subject);
  if (kind == Kind::authority) {
    X509_EXTENSION* is_ca =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(certificate, is_ca, -1);
    X509_EXTENSION_free(is_ca);
  }
  X509_sign(certificate, (issuer ? issuer->key : made.key).get(), EVP_sha256());
  return made;
}

// What the peers of a network have: an authority, and nodes certified by it.
class Certificates {
 public:
  std::filesystem::path certificate(const std::string& name) const { return file(name, ".crt"); }
  std::filesystem::path key(const std::string& name) const { return file(name, ".key"); }
  std::filesystem::path authority() const { return certificate("authority"); }

  Certificates() { write("authority", authority_); }

  // Makes both files of a node.
  void add(const std::string& name, long valid_s = 3600) {
    write(name, make_certificate(name, Kind::node, &authority_, valid_s));
  }
  // Of a node that certifies itself.
  void add_self_made(const std::string& name) { write(name, make_certificate(name, Kind::node)); }

 private:
  using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

  std::filesystem::path file(const std::string& name, const char* suffix) const {
    return folder_ / (name + suffix);
  }
  void write(const std::string& name, const Certified& made) {
    const File key_file(std::fopen(key(name).c_str(), "w"), std::fclose);
    PEM_write_PrivateKey(key_file.get(), made.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    const File certificate_file(std::fopen(certificate(name).c_str(), "w"), std::fclose);
    PEM_write_X509(certificate_file.get(), made.certificate.get());
  }

  TempFolder folder_;
  Certified authority_ = make_certificate("authority", Kind::authority);
};

}  // namespace dcmfs::net
