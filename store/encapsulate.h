#pragma once
// Encapsulated pixel data as it is written, PS3.5 A.4: a table of offsets, then each frame in one
// fragment. The table is filled in at the end, so that memory holds one frame at a time.
#include <cstdint>
#include <string_view>
#include <vector>

#include "store/dicom/transfer_syntax.h"
#include "store/spool.h"

namespace dcmfs {

enum class OffsetTable : std::uint8_t {
  basic,     // 32 bit, in the first item
  extended,  // 64 bit, in attributes of its own (PS3.3 C.7.6.3.1.8)
};
// The table for so many bytes of pixels before they are compressed, which may grow a little.
OffsetTable offset_table_for(std::int64_t native_bytes);

class EncapsulatedPixels {
 public:
  EncapsulatedPixels(SpoolFile& out, OffsetTable table) : out_(out), table_(table) {}

  // ExtendedOffsetTable where it is asked for, and PixelData up to its first frame. `target` is
  // encapsulated.
  Result<> begin(int frames, const TransferSyntax& target);
  Result<> append(std::string_view codestream);  // of even length
  // too_large: a table of 32 bits cannot tell where the frames are.
  Result<> end();

 private:
  Result<> fill_in(std::int64_t at, const std::vector<std::int64_t>& values, std::size_t width);

  SpoolFile& out_;
  const OffsetTable table_;
  std::int64_t offsets_at_ = 0, lengths_at_ = 0;  // in the file
  std::int64_t next_ = 0;                         // from the item of the first frame on
  std::vector<std::int64_t> offsets_, lengths_;
};

}  // namespace dcmfs
