#pragma once
// Where a reader's bytes come from: a file, memory, or the inflated content of
// a deflated file. Not thread safe.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "store/result.h"

namespace dcmfs {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills `into` as far as the source reaches; fewer bytes mean its end.
  virtual Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) = 0;
  // kUnknown until the end was seen, for sources that are not random access.
  virtual std::int64_t size() const = 0;
  static constexpr std::int64_t kUnknown = -1;
};

// `fd` stays the caller's and must stay open.
std::unique_ptr<ByteSource> file_source(int fd, std::int64_t size);
std::unique_ptr<ByteSource> memory_source(std::string_view bytes);  // not copied
// The raw deflate stream (PS3.5 A.5) that begins at `offset` of `compressed`.
// Going backwards starts anew, so read forwards. More than `inflated_max` bytes,
// or very many of very few, are an error (too_large).
std::unique_ptr<ByteSource> inflated_source(ByteSource& compressed, std::int64_t offset,
                                            std::int64_t inflated_max);

}  // namespace dcmfs
