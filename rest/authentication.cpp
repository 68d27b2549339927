#include "rest/authentication.h"

#include <array>
#include <optional>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <strings.h>

namespace dcmfs::rest {
namespace {

constexpr std::string_view kScheme = "Basic ";
constexpr std::size_t kCredentialsMax = 4096;

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

}  // namespace

bool is_user(const Users& users, std::string_view authorization) {
  if (authorization.size() <= kScheme.size() ||
      ::strncasecmp(authorization.data(), kScheme.data(), kScheme.size()) != 0)
    return false;
  const auto credentials = base64_decoded(authorization.substr(kScheme.size()));
  if (!credentials) return false;
  const auto colon = credentials->find(':');
  if (colon == credentials->npos) return false;
  const auto user = users.find(credentials->substr(0, colon));
  // An unknown name costs as much as a wrong password.
  return same(user == users.end() ? "" : user->second, credentials->substr(colon + 1)) &&
         user != users.end();
}

}  // namespace dcmfs::rest
