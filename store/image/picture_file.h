#pragma once
// Pictures that are no DICOM, on their way into a new instance: PNG and JPEG.
#include <cstdint>
#include <string_view>

#include "store/dicom/pixels.h"
#include "store/result.h"

namespace dcmfs {

// A picture of at most so many samples is decoded: it is in memory twice.
inline constexpr std::int64_t kPictureSamplesMax = std::int64_t{1} << 27;

// Grey (8 or 16 bits) or RGB (8 bits) samples. Palettes become RGB, an alpha channel is dropped.
// Errors: not_supported (neither PNG nor JPEG; CMYK; more than 8 bits of JPEG), corrupt, too_large.
Result<Pixels> decode_picture_file(std::string_view bytes);
// A JPEG that can stay one in an instance: baseline, 8 bits (PS3.5 A.4.1). The same errors.
Result<JpegFrame> jpeg_frame(std::string_view bytes);

// For decode_picture_file().
Result<Pixels> decode_png(std::string_view bytes);

}  // namespace dcmfs
