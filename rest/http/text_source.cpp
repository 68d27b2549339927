#include "rest/http/text_source.h"

#include <algorithm>
#include <cstring>

namespace dcmfs::rest {

Result<std::size_t> TextSource::read(std::span<std::byte> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    if (given_ == piece_.size()) {
      if (over_) break;
      DCMFS_TRY(auto piece, next_());
      given_ = 0;
      over_ = !piece;
      piece_ = std::move(piece).value_or(std::string());
      continue;
    }
    const auto n = std::min(into.size() - done, piece_.size() - given_);
    std::memcpy(into.data() + done, piece_.data() + given_, n);
    given_ += n;
    done += n;
  }
  return done;
}

}  // namespace dcmfs::rest
