#include "rest/http/authentication.h"

#include <algorithm>
#include <vector>

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <strings.h>

namespace dcmfs::rest {
namespace {

constexpr std::string_view kScheme = "Basic ";
constexpr std::size_t kCredentialsMax = 4096;
constexpr std::size_t kVerifiedMax = 1000;
constexpr unsigned long kBcryptCost = 11;  // a tenth of a second

std::optional<std::string> base64_decoded(std::string_view text) {
  if (text.empty() || text.size() > kCredentialsMax || text.size() % 4 != 0) return std::nullopt;
  std::vector<unsigned char> bytes(text.size() / 4 * 3);
  const int n = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                static_cast<int>(text.size()));
  if (n < 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  return std::string(bytes.begin(), bytes.begin() + n - static_cast<std::ptrdiff_t>(padding));
}

// Digests of equal length, compared in constant time: the duration tells nothing of the password.
bool same(std::string_view a, std::string_view b) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> x, y;
  SHA256(reinterpret_cast<const unsigned char*>(a.data()), a.size(), x.data());
  SHA256(reinterpret_cast<const unsigned char*>(b.data()), b.size(), y.data());
  return CRYPTO_memcmp(x.data(), y.data(), x.size()) == 0;
}

bool is_password(const std::string& password, const std::string& kept) {
  if (!is_password_hash(kept)) return same(password, kept);
  crypt_data data{};
  const char* made = ::crypt_r(password.c_str(), kept.c_str(), &data);
  return made && *made != '*' && same(made, kept);
}

}  // namespace

bool is_password_hash(std::string_view kept) {
  // crypt(5): yescrypt, bcrypt, SHA-512, SHA-256, scrypt
  return std::ranges::any_of(
      std::to_array<std::string_view>({"$y$", "$2b$", "$2a$", "$2y$", "$6$", "$5$", "$7$"}),
      [&](std::string_view prefix) { return kept.starts_with(prefix); });
}

std::string password_hash(const std::string& password) {
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> salt{};
  crypt_data data{};
  if (!::crypt_gensalt_rn("$2b$", kBcryptCost, nullptr, 0, salt.data(),
                          static_cast<int>(salt.size())))
    return {};
  const char* made = ::crypt_r(password.c_str(), salt.data(), &data);
  return made && *made != '*' ? std::string(made) : std::string();
}

Authentication::Authentication(Users users) : users_(std::move(users)) {
  RAND_bytes(secret_.data(), static_cast<int>(secret_.size()));
}

Authentication::Digest Authentication::digest(std::string_view authorization) const {
  Digest digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(authorization.data()), authorization.size(),
       digest.data(), &size);
  return digest;
}

std::optional<std::string> Authentication::known(std::string_view authorization) const {
  if (authorization.empty()) return std::nullopt;
  const auto key = digest(authorization);
  const std::lock_guard lock(mutex_);
  const auto found = verified_.find(key);
  return found == verified_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<std::string> Authentication::verify(std::string_view authorization) {
  if (authorization.size() <= kScheme.size() ||
      ::strncasecmp(authorization.data(), kScheme.data(), kScheme.size()) != 0)
    return std::nullopt;
  const auto credentials = base64_decoded(authorization.substr(kScheme.size()));
  if (!credentials) return std::nullopt;
  const auto colon = credentials->find(':');
  if (colon == credentials->npos) return std::nullopt;
  const auto name = credentials->substr(0, colon);
  const auto password = credentials->substr(colon + 1);
  const auto user = users_.find(name);
  // An unknown name costs as much as a wrong password.
  const auto& kept = user != users_.end() ? user->second
                     : users_.empty()     ? name
                                          : users_.begin()->second;
  if (!is_password(password, kept) || user == users_.end()) return std::nullopt;
  const auto key = digest(authorization);
  const std::lock_guard lock(mutex_);
  if (verified_.size() >= kVerifiedMax) verified_.clear();
  verified_.emplace(key, name);
  return name;
}

}  // namespace dcmfs::rest
