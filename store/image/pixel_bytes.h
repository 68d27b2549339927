#pragma once
// The bytes of pixel data: which element holds them, and reading parts of it.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/dicom/reader.h"
#include "store/image/image.h"
#include "store/result.h"

namespace dcmfs {

struct PixelElement {
  const Element* element;
  PixelType type;
};

// PixelData, FloatPixelData or DoubleFloatPixelData (PS3.3 C.7.6.24); not_found if there is none.
Result<PixelElement> find_pixels(const DicomFile&);

struct ByteRange {
  std::int64_t offset = 0;
  std::int64_t length = 0;
};

// All of the range; corrupt if the source ends before it.
Result<std::string> read_range(ByteSource&, ByteRange);
// The first `bytes_max` bytes of the ranges, joined.
Result<std::string> read_ranges(ByteSource&, const std::vector<ByteRange>&, std::int64_t bytes_max);
std::int64_t total_length(const std::vector<ByteRange>&);

// Bytes [begin, begin + length) of the value of an element of the data set itself, little endian.
Result<std::string> read_native(const DicomFile&, const Element&, ByteRange);
Result<Buffer<std::byte>> read_native_pixels(const DicomFile&, const Element&, ByteRange);
// The file reaches as far as `length` bytes of the value.
bool reaches(const DicomFile&, const Element&, std::int64_t length);

}  // namespace dcmfs
