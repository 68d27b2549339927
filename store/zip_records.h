#pragma once
// The records that a ZIP archive is made of, APPNOTE.TXT 6.3.9; all with ZIP64 fields. Private to
// zip_file.cpp and zip_stream.cpp.
#include <cstdint>
#include <string>
#include <string_view>

#include "store/time.h"

namespace dcmfs::zip {

struct Record {
  std::string_view name{};
  Time modified{};
  bool deflated = false;
  bool described = false;  // sizes and CRC stand behind the data, in a descriptor
  std::uint32_t crc32 = 0;
  std::uint64_t packed_bytes = 0, bytes = 0;
  std::uint64_t start = 0;  // of its local header
};

inline constexpr std::size_t kLocalBytes = 30 + 20;    // and the name
inline constexpr std::size_t kCentralBytes = 46 + 28;  // and the name
inline constexpr std::size_t kEndBytes = 56 + 20 + 22;

std::string local_header(const Record&);                      // 4.3.7
std::string descriptor(const Record&);                        // 4.3.9
void append_central_header(std::string& out, const Record&);  // 4.3.12
// 4.3.14 to 4.3.16, behind a central directory of so many members and bytes that begins at `start`.
void append_end(std::string& out, std::uint64_t members, std::uint64_t start, std::uint64_t bytes);

}  // namespace dcmfs::zip
