#include "store/detail/digest.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <limits>
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

constexpr std::int64_t kToTheEnd = std::numeric_limits<std::int64_t>::max();

}  // namespace

struct RunningDigest::State {
  std::unique_ptr<EVP_MD_CTX, FreeHash> hash{EVP_MD_CTX_new()};
  uLong crc = ::crc32(0, nullptr, 0);
  bool begun = false;
};

RunningDigest::RunningDigest() : state_(std::make_unique<State>()) {}
RunningDigest::~RunningDigest() = default;

void RunningDigest::wrote(std::int64_t offset) {
  if (offset < at_.load()) rewritten_.store(true);
}

Result<> RunningDigest::read_to(int fd, std::int64_t end) {
  if (!state_->begun) {
    if (!state_->hash || EVP_DigestInit_ex(state_->hash.get(), EVP_sha256(), nullptr) != 1) {
      return Error{Errc::io, "SHA-256 is not available"};
    }
    state_->begun = true;
  }
  thread_local std::vector<unsigned char> piece(kPieceBytes);
  while (at_ < end) {
    const auto from = at_.load();
    const auto bytes = std::min<std::int64_t>(kPieceBytes, end - from);
    at_ = from + bytes;  // first: who writes there now, writes behind our back
    ssize_t n = 0;
    do n = ::pread(fd, piece.data(), static_cast<std::size_t>(bytes), from);
    while (n < 0 && errno == EINTR);
    if (n < 0) return system_error(errno, "reading a file of the store");
    at_ = from + n;
    if (n == 0) break;
    state_->crc = ::crc32(state_->crc, piece.data(), static_cast<uInt>(n));
    EVP_DigestUpdate(state_->hash.get(), piece.data(), static_cast<std::size_t>(n));
  }
  return {};
}

Result<> RunningDigest::advance(int fd, std::int64_t end) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  return lock && !rewritten_ ? read_to(fd, end) : Result<>();
}

Result<Digest> RunningDigest::finish(int fd) {
  const std::scoped_lock lock(mutex_);
  if (rewritten_.exchange(false)) {
    at_ = 0;
    *state_ = State();
  }
  DCMFS_CHECK(read_to(fd, kToTheEnd));
  Digest found;
  found.size = at_;
  found.crc32 = static_cast<std::uint32_t>(state_->crc);
  EVP_DigestFinal_ex(state_->hash.get(), found.sha256.data(), nullptr);
  *state_ = State();
  at_ = 0;
  return found;
}

Result<Digest> digest(int fd) {
  RunningDigest running;
  return running.finish(fd);
}

}  // namespace dcmfs::detail
