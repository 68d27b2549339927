#include "store/zip_records.h"

#include <algorithm>
#include <ctime>

namespace dcmfs::zip {
namespace {

constexpr std::uint16_t kVersion = 45;          // 4.4.3.2: ZIP64
constexpr std::uint16_t kMadeBy = 3 << 8 | 45;  // 4.4.2.2: UNIX modes
constexpr std::uint16_t kUtf8 = 0x0800;         // 4.4.4: names are UTF-8
constexpr std::uint16_t kDescribed = 0x0008;    // 4.4.4: a data descriptor follows
constexpr std::uint16_t kDeflated = 8;          // 4.4.5
constexpr std::uint16_t kZip64 = 0x0001;        // 4.5.3
constexpr std::uint32_t kSee64 = 0xffffffff;    // "look into the ZIP64 field"

class LittleEndian {
 public:
  explicit LittleEndian(std::string& out) : out_(out) {}
  LittleEndian& u16(std::uint64_t v) { return le(v, 2); }
  LittleEndian& u32(std::uint64_t v) { return le(v, 4); }
  LittleEndian& u64(std::uint64_t v) { return le(v, 8); }
  LittleEndian& text(std::string_view t) {
    out_ += t;
    return *this;
  }

 private:
  LittleEndian& le(std::uint64_t v, int bytes) {
    for (; bytes > 0; --bytes, v >>= 8) out_ += static_cast<char>(v & 0xff);
    return *this;
  }
  std::string& out_;
};

// 4.4.6: MS-DOS date and time, from 1980, to two seconds.
std::uint32_t dos_time(Time t) {
  const auto seconds = static_cast<std::time_t>(to_ms(t) / 1000);
  std::tm tm{};
  if (gmtime_r(&seconds, &tm) == nullptr || tm.tm_year < 80) return 0x21u << 16;
  return static_cast<std::uint32_t>((tm.tm_year - 80) << 25 | (tm.tm_mon + 1) << 21 |
                                    tm.tm_mday << 16 | tm.tm_hour << 11 | tm.tm_min << 5 |
                                    tm.tm_sec / 2);
}

std::uint16_t flags(const Record& r) {
  return r.described ? kUtf8 | kDescribed : kUtf8;
}
std::uint16_t method(const Record& r) {
  return r.deflated ? kDeflated : 0;
}

}  // namespace

std::string local_header(const Record& r) {
  std::string out;
  const bool is_known = !r.described;
  LittleEndian(out)
      .u32(0x04034b50)
      .u16(kVersion)
      .u16(flags(r))
      .u16(method(r))
      .u32(dos_time(r.modified))
      .u32(is_known ? r.crc32 : 0)
      .u32(kSee64)
      .u32(kSee64)
      .u16(r.name.size())
      .u16(20)
      .text(r.name)
      .u16(kZip64)
      .u16(16)
      .u64(is_known ? r.bytes : 0)
      .u64(is_known ? r.packed_bytes : 0);
  return out;
}

std::string descriptor(const Record& r) {
  std::string out;
  LittleEndian(out).u32(0x08074b50).u32(r.crc32).u64(r.packed_bytes).u64(r.bytes);
  return out;
}

void append_central_header(std::string& out, const Record& r) {
  LittleEndian(out)
      .u32(0x02014b50)
      .u16(kMadeBy)
      .u16(kVersion)
      .u16(flags(r))
      .u16(method(r))
      .u32(dos_time(r.modified))
      .u32(r.crc32)
      .u32(kSee64)
      .u32(kSee64)
      .u16(r.name.size())
      .u16(28)
      .u16(0)
      .u16(0)
      .u16(0)
      .u32(0100444u << 16)
      .u32(kSee64)
      .text(r.name)
      .u16(kZip64)
      .u16(24)
      .u64(r.bytes)
      .u64(r.packed_bytes)
      .u64(r.start);
}

void append_end(std::string& out, std::uint64_t members, std::uint64_t start, std::uint64_t bytes) {
  LittleEndian(out)
      .u32(0x06064b50)
      .u64(44)
      .u16(kMadeBy)
      .u16(kVersion)
      .u32(0)
      .u32(0)
      .u64(members)
      .u64(members)
      .u64(bytes)
      .u64(start)
      .u32(0x07064b50)
      .u32(0)
      .u64(start + bytes)
      .u32(1)
      .u32(0x06054b50)
      .u16(0)
      .u16(0)
      .u16(std::min<std::uint64_t>(members, 0xffff))
      .u16(std::min<std::uint64_t>(members, 0xffff))
      .u32(std::min<std::uint64_t>(bytes, kSee64))
      .u32(kSee64)
      .u16(0);
}

}  // namespace dcmfs::zip
