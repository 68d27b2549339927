#include "rest/http/file_source.h"

#include <algorithm>

namespace dcmfs::rest {

Result<std::size_t> FileSource::read(std::span<std::byte> into) {
  const auto wanted = std::min(into.size(), static_cast<std::size_t>(range_.size));
  if (wanted == 0) return std::size_t{0};
  DCMFS_TRY(const auto n, range_.blob->read(range_.offset, into.first(wanted)));
  if (n == 0) return Error{Errc::corrupt, "a stored file is shorter than it was"};
  range_.offset += static_cast<std::int64_t>(n);
  range_.size -= static_cast<std::int64_t>(n);
  return n;
}

}  // namespace dcmfs::rest
