#include "store/dicom/uid_map.h"

#include <array>
#include <cassert>
#include <cstdint>
#include <cstring>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include "store/dicom/transfer_syntax.h"

namespace dcmfs {
namespace {

constexpr std::string_view kStandardRoot = "1.2.840.10008.";
constexpr std::size_t kKeyBytes = 32;

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  // Up to 256 bytes never come in parts (getrandom(2)).
  [[maybe_unused]] const ssize_t got = getrandom(bytes.data(), bytes.size(), 0);
  assert(got == static_cast<ssize_t>(count));
  return bytes;
}

struct UuidBits {
  std::uint64_t high, low;
};

// RFC 9562 5.8: version and variant are fixed, the rest is ours.
UuidBits uuid_bits(const unsigned char* bytes, std::uint64_t version) {
  std::uint64_t halves[2];
  std::memcpy(halves, bytes, sizeof halves);
  return {(__builtin_bswap64(halves[0]) & ~(std::uint64_t{0xf} << 12)) | version << 12,
          (__builtin_bswap64(halves[1]) & ~(std::uint64_t{3} << 62)) | std::uint64_t{2} << 62};
}

}  // namespace

UidMap UidMap::random() {
  return UidMap(random_bytes(kKeyBytes));
}

UidMap UidMap::from_secret(std::string_view secret) {
  return UidMap(std::string(secret));
}

UidMap UidMap::from_key(std::string key) {
  return UidMap(std::move(key));
}

void UidMap::set(std::string from, std::string to) {
  chosen_.insert_or_assign(std::move(from), std::move(to));
}

std::string UidMap::operator()(std::string_view uid) const {
  if (const auto chosen = chosen_.find(uid); chosen != chosen_.end()) return chosen->second;
  if (uid.starts_with(kStandardRoot)) return std::string(uid);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  [[maybe_unused]] const auto* made =
      HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(uid.data()), uid.size(), digest.data(), &size);
  assert(made != nullptr && size == 32);
  constexpr std::uint64_t kOwnScheme = 8;
  const UuidBits bits = uuid_bits(digest.data(), kOwnScheme);
  return uid_from_bits(bits.high, bits.low);
}

std::string random_uuid() {
  constexpr std::uint64_t kRandomScheme = 4;
  const std::string bytes = random_bytes(16);
  const UuidBits bits =
      uuid_bits(reinterpret_cast<const unsigned char*>(bytes.data()), kRandomScheme);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) text += '-';
    const std::uint64_t half = nibble < 16 ? bits.high : bits.low;
    text += kHex[half >> (60 - 4 * (nibble % 16)) & 0xf];
  }
  return text;
}

}  // namespace dcmfs
