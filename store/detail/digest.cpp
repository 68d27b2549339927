#include "store/detail/digest.h"

#include <cerrno>
#include <cstddef>
#include <memory>
#include <vector>

#include <openssl/evp.h>
#include <unistd.h>
#include <zlib.h>

namespace dcmfs::detail {
namespace {

constexpr std::size_t kPieceBytes = 256 << 10;

struct FreeHash {
  void operator()(EVP_MD_CTX* hash) const { EVP_MD_CTX_free(hash); }
};

}  // namespace

Result<Digest> digest(int fd) {
  const std::unique_ptr<EVP_MD_CTX, FreeHash> hash(EVP_MD_CTX_new());
  if (!hash || EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) != 1) {
    return Error{Errc::io, "SHA-256 is not available"};
  }
  Digest found;
  thread_local std::vector<unsigned char> piece(kPieceBytes);
  auto crc = ::crc32(0, nullptr, 0);
  for (;;) {
    const ssize_t n = ::pread(fd, piece.data(), piece.size(), found.size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno, "reading a file of the store");
    if (n == 0) break;
    crc = ::crc32(crc, piece.data(), static_cast<uInt>(n));
    EVP_DigestUpdate(hash.get(), piece.data(), static_cast<std::size_t>(n));
    found.size += n;
  }
  EVP_DigestFinal_ex(hash.get(), found.sha256.data(), nullptr);
  found.crc32 = static_cast<std::uint32_t>(crc);
  return found;
}

}  // namespace dcmfs::detail
