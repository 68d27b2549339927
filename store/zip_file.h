#pragma once
// A ZIP archive as a computed file: members are stored, not deflated, so that
// its size is known before a byte is read and any range can be made alone.
// Every member has ZIP64 fields (APPNOTE 4.5.3): no limit on size or number.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "store/result.h"
#include "store/time.h"

namespace dcmfs {

struct ZipMember {
  std::string name;  // UTF-8, with '/'
  std::int64_t size = 0;
  std::uint32_t crc32 = 0;
  Time modified;
};

class ZipFile {
 public:
  // Fills `into` with the bytes of member number `index` from `offset`; all of them are there.
  using ReadMember =
      std::function<Result<>(std::size_t index, std::int64_t offset, std::span<std::byte> into)>;

  ZipFile(std::vector<ZipMember>, ReadMember);

  std::int64_t size() const { return size_; }
  Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) const;

  // The size without making it: what one member adds, and what every archive has.
  static std::int64_t size_of_member(std::size_t name_bytes, std::int64_t size);
  static std::int64_t size_of_end();

 private:
  std::vector<ZipMember> members_;
  std::vector<std::int64_t> starts_;  // of each member's local header
  std::string tail_;                  // central directory and end records
  std::int64_t tail_start_ = 0;
  std::int64_t size_ = 0;
  ReadMember read_member_;
};

}  // namespace dcmfs
