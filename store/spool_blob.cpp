#include "store/spool_blob.h"

#include <cerrno>

#include <fcntl.h>

namespace dcmfs {

Result<Blob> blob_of(const SpoolFile& file) {
  DCMFS_TRY(const auto size, file.size());
  const int fd = ::fcntl(file.fd(), F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return system_error(errno, "opening a spool file again");
  return Blob(fd, size);
}

}  // namespace dcmfs
