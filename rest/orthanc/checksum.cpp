#include "rest/orthanc/checksum.h"

#include <memory>
#include <stdexcept>
#include <vector>

#include <openssl/evp.h>

#include "rest/http/hexadecimal.h"

namespace dcmfs::rest {
namespace {

constexpr std::size_t kPieceBytes = 1 << 20;

template <std::size_t bytes>
class Digest {
 public:
  explicit Digest(const EVP_MD* algorithm) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), algorithm, nullptr) != 1)
      throw std::runtime_error("OpenSSL does not do this checksum");
  }
  void add(const void* data, std::size_t size) { EVP_DigestUpdate(context_.get(), data, size); }
  std::array<std::uint8_t, bytes> finish() {
    std::array<std::uint8_t, bytes> sum{};
    EVP_DigestFinal_ex(context_.get(), sum.data(), nullptr);
    return sum;
  }
  Result<> add(const Blob& blob) {
    std::vector<std::byte> piece(kPieceBytes);
    for (std::int64_t at = 0;;) {
      DCMFS_TRY(const auto n, blob.read(at, piece));
      add(piece.data(), n);
      if (n < piece.size()) return {};
      at += static_cast<std::int64_t>(n);
    }
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(),
                                                                   &EVP_MD_CTX_free};
};

}  // namespace

std::string md5_of_text(std::string_view text) {
  Digest<16> md5(EVP_md5());
  md5.add(text.data(), text.size());
  return hexadecimal(md5.finish());
}

Result<std::string> md5_of(const Blob& blob) {
  Digest<16> md5(EVP_md5());
  DCMFS_CHECK(md5.add(blob));
  return hexadecimal(md5.finish());
}

Result<std::array<std::uint8_t, 32>> sha256_of(const Blob& blob) {
  Digest<32> sha256(EVP_sha256());
  DCMFS_CHECK(sha256.add(blob));
  return sha256.finish();
}

}  // namespace dcmfs::rest
