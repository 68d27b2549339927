#include "store/detail/md5.h"

#include <cerrno>
#include <cstddef>
#include <memory>
#include <vector>

#include <openssl/evp.h>
#include <unistd.h>

namespace dcmfs::detail {
namespace {

using Md5State = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Result<Md5State> begin_md5() {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "MD5", nullptr);
  Md5State state(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!algorithm || !state || EVP_DigestInit_ex2(state.get(), algorithm, nullptr) != 1)
    return Error{Errc::io, "OpenSSL offers no MD5"};
  return state;
}

}  // namespace

Result<FileMd5> md5_of(int fd) {
  constexpr std::size_t kReadAtOnceBytes = 256 << 10;
  DCMFS_TRY(const auto state, begin_md5());
  std::vector<std::byte> piece(kReadAtOnceBytes);
  FileMd5 found;
  for (;;) {
    const ssize_t got = ::pread(fd, piece.data(), piece.size(), found.size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(errno, "reading an attachment");
    if (got == 0) break;
    EVP_DigestUpdate(state.get(), piece.data(), static_cast<std::size_t>(got));
    found.size += got;
  }
  EVP_DigestFinal_ex(state.get(), found.md5.data(), nullptr);
  return found;
}

Result<Md5Sum> md5_of(std::string_view text) {
  DCMFS_TRY(const auto state, begin_md5());
  EVP_DigestUpdate(state.get(), text.data(), text.size());
  Md5Sum sum{};
  EVP_DigestFinal_ex(state.get(), sum.data(), nullptr);
  return sum;
}

}  // namespace dcmfs::detail
