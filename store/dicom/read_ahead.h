#pragma once
// A position in a ByteSource with a buffer before it, so that many small reads
// cost few system calls. Private to this folder.
//
// The first error of the source is kept in failure(); from then on there are no
// more bytes, so that a caller that reads to the end needs to look only once.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/dicom/byte_source.h"

namespace dcmfs {

class ReadAhead {
 public:
  explicit ReadAhead(ByteSource& source, std::int64_t position = 0);

  std::int64_t position() const { return begin_ + static_cast<std::int64_t>(at_); }
  // `count` bytes from the position on, fewer where the source ends; valid until
  // the next call. At most kPeekMax.
  std::string_view peek(std::size_t count) {
    if (filled_ - at_ < count) fill(count);
    return {buffer_.get() + at_, std::min(count, filled_ - at_)};
  }
  // The same bytes, and the position moves behind them. As many as memory holds.
  std::string take(std::size_t count);
  // Whether `count` more bytes are there.
  bool reaches(std::int64_t count);
  void skip(std::int64_t count);  // may go beyond the end

  const std::optional<Error>& failure() const { return failure_; }

  static constexpr std::size_t kPeekMax = 4 << 10;

 private:
  void fill(std::size_t count);
  std::size_t read(std::int64_t offset, char* into, std::size_t count);

  ByteSource& source_;
  std::unique_ptr<char[]> buffer_;
  std::int64_t begin_;  // of the buffer in the source
  std::size_t at_ = 0, filled_ = 0;
  std::size_t next_read_;
  std::optional<Error> failure_;
};

}  // namespace dcmfs
