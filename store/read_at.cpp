#include "store/read_at.h"

#include <cerrno>

#include <unistd.h>

namespace dcmfs {

Result<std::size_t> read_at(int fd, std::int64_t offset, std::span<std::byte> into,
                            std::string_view what) {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t n = ::pread(fd, into.data() + done, into.size() - done,
                              offset + static_cast<std::int64_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno, what);
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

}  // namespace dcmfs
