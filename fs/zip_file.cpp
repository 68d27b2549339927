#include "fs/zip_file.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <ctime>
#include <limits>

namespace dcmfs::fs {
namespace {

// APPNOTE.TXT 6.3.9, the clauses in the names of the functions' comments.
constexpr std::uint16_t kVersion = 45;          // 4.4.3.2: ZIP64
constexpr std::uint16_t kMadeBy = 3 << 8 | 45;  // 4.4.2.2: UNIX modes
constexpr std::uint16_t kUtf8 = 0x0800;         // 4.4.4: names are UTF-8
constexpr std::uint16_t kZip64 = 0x0001;        // 4.5.3
constexpr std::uint32_t kSee64 = 0xffffffff;    // "look into the ZIP64 field"
constexpr std::size_t kLocalBytes = 30, kLocalExtraBytes = 20;
constexpr std::size_t kCentralBytes = 46, kCentralExtraBytes = 28;
constexpr std::size_t kEndBytes = 56 + 20 + 22;

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  Writer& u16(std::uint64_t v) { return le(v, 2); }
  Writer& u32(std::uint64_t v) { return le(v, 4); }
  Writer& u64(std::uint64_t v) { return le(v, 8); }
  Writer& text(std::string_view t) {
    out_ += t;
    return *this;
  }

 private:
  Writer& le(std::uint64_t v, int bytes) {
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

std::string local_header(const ZipMember& m) {  // 4.3.7
  std::string out;
  const auto size = static_cast<std::uint64_t>(m.size);
  Writer(out)
      .u32(0x04034b50)
      .u16(kVersion)
      .u16(kUtf8)
      .u16(0)
      .u32(dos_time(m.modified))
      .u32(m.crc32)
      .u32(kSee64)
      .u32(kSee64)
      .u16(m.name.size())
      .u16(kLocalExtraBytes)
      .text(m.name)
      .u16(kZip64)
      .u16(16)
      .u64(size)
      .u64(size);
  return out;
}

void append_central_header(std::string& out, const ZipMember& m, std::int64_t start) {  // 4.3.12
  const auto size = static_cast<std::uint64_t>(m.size);
  Writer(out)
      .u32(0x02014b50)
      .u16(kMadeBy)
      .u16(kVersion)
      .u16(kUtf8)
      .u16(0)
      .u32(dos_time(m.modified))
      .u32(m.crc32)
      .u32(kSee64)
      .u32(kSee64)
      .u16(m.name.size())
      .u16(kCentralExtraBytes)
      .u16(0)
      .u16(0)
      .u16(0)
      .u32(0100444u << 16)
      .u32(kSee64)
      .text(m.name)
      .u16(kZip64)
      .u16(24)
      .u64(size)
      .u64(size)
      .u64(static_cast<std::uint64_t>(start));
}

void append_end(std::string& out, std::size_t members, std::int64_t start, std::size_t bytes) {
  const auto at = static_cast<std::uint64_t>(start);
  Writer(out)
      .u32(0x06064b50)
      .u64(44)
      .u16(kMadeBy)
      .u16(kVersion)
      .u32(0)
      .u32(0)  // 4.3.14
      .u64(members)
      .u64(members)
      .u64(bytes)
      .u64(at)
      .u32(0x07064b50)
      .u32(0)
      .u64(at + bytes)
      .u32(1)  // 4.3.15
      .u32(0x06054b50)
      .u16(0)
      .u16(0)  // 4.3.16
      .u16(std::min<std::uint64_t>(members, 0xffff))
      .u16(std::min<std::uint64_t>(members, 0xffff))
      .u32(std::min<std::uint64_t>(bytes, kSee64))
      .u32(kSee64)
      .u16(0);
}

}  // namespace

std::int64_t ZipFile::size_of_member(std::size_t name_bytes, std::int64_t size) {
  return size + static_cast<std::int64_t>(kLocalBytes + kLocalExtraBytes + kCentralBytes +
                                          kCentralExtraBytes + 2 * name_bytes);
}
std::int64_t ZipFile::size_of_end() {
  return kEndBytes;
}

ZipFile::ZipFile(std::vector<ZipMember> members, ReadMember read_member)
    : members_(std::move(members)), read_member_(std::move(read_member)) {
  starts_.reserve(members_.size());
  for (const auto& m : members_) {
    starts_.push_back(tail_start_);
    tail_start_ +=
        static_cast<std::int64_t>(kLocalBytes + kLocalExtraBytes + m.name.size()) + m.size;
  }
  for (std::size_t i = 0; i < members_.size(); ++i) {
    append_central_header(tail_, members_[i], starts_[i]);
  }
  append_end(tail_, members_.size(), tail_start_, tail_.size());
  size_ = tail_start_ + static_cast<std::int64_t>(tail_.size());
}

Result<std::size_t> ZipFile::read(std::int64_t offset, std::span<std::byte> into) const {
  std::size_t done = 0;
  const auto take = [&](std::string_view from, std::int64_t start) {
    const auto part = from.substr(static_cast<std::size_t>(start), into.size() - done);
    std::memcpy(into.data() + done, part.data(), part.size());
    done += part.size();
  };
  while (done < into.size()) {
    const auto at = offset + static_cast<std::int64_t>(done);
    if (at >= size_) break;
    if (at >= tail_start_) {
      take(tail_, at - tail_start_);
      continue;
    }
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), at);
    const auto index = static_cast<std::size_t>(next - starts_.begin() - 1);
    const auto& member = members_[index];
    const auto header = local_header(member);
    const auto in_member = at - starts_[index];
    const auto header_bytes = static_cast<std::int64_t>(header.size());
    if (in_member < header_bytes) {
      take(header, in_member);
      continue;
    }
    const auto in_file = in_member - header_bytes;
    const auto bytes =
        std::min(into.size() - done, static_cast<std::size_t>(member.size - in_file));
    DCMFS_CHECK(read_member_(index, in_file, into.subspan(done, bytes)));
    done += bytes;
  }
  return done;
}

}  // namespace dcmfs::fs
