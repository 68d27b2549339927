#include "store/blob.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dcmfs {

Blob::Blob(Blob&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), size_(std::exchange(other.size_, 0)) {}

Blob& Blob::operator=(Blob&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(size_, other.size_);
  return *this;
}

Result<Blob> Blob::open(const std::filesystem::path& path, std::string_view what) {
  Blob blob(::open(path.c_str(), O_RDONLY | O_CLOEXEC), 0);
  struct stat status {};
  if (blob.fd_ < 0 || ::fstat(blob.fd_, &status) != 0) return system_error(errno, what);
  blob.size_ = status.st_size;
  return blob;
}

Blob::~Blob() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::size_t> Blob::read(std::int64_t offset, std::span<std::byte> into) const {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t n = ::pread(fd_, into.data() + done, into.size() - done,
                              offset + static_cast<std::int64_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno, "reading a stored file");
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

}  // namespace dcmfs
