#include "store/blob.h"

#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/read_at.h"

namespace dcmfs {

Blob::Blob(Blob&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), size_(std::exchange(other.size_, 0)) {}

Blob& Blob::operator=(Blob&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(size_, other.size_);
  return *this;
}

Result<Blob> Blob::open(const std::filesystem::path& path, std::string_view what) {
  Blob blob(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW), 0);
  struct stat status {};
  if (blob.fd_ < 0 || ::fstat(blob.fd_, &status) != 0) return system_error(errno, what);
  blob.size_ = status.st_size;
  return blob;
}

Blob::~Blob() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::size_t> Blob::read(std::int64_t offset, std::span<std::byte> into) const {
  return read_at(fd_, offset, into, "reading a stored file");
}

}  // namespace dcmfs
