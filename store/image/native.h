#pragma once
// Native pixel data, PS3.5 8.1: pixels as they are, one frame after the other.
#include "store/image/codec.h"
#include "store/image/pixel_bytes.h"

namespace dcmfs {

// The element and the file reach as far as the last frame; else corrupt.
Result<> check_native(const DicomFile&, const Element&, const PixelDescription&);
// Of one frame, as the element has it: where two pixels share their chrominance (PS3.3 C.7.6.3.1.2) less than the samples take.
std::int64_t native_frame_bits(const Element&, const PixelDescription&);
Result<Samples> read_native_frame(const DicomFile&, const Element&, const PixelDescription&,
                                  int frame);

}  // namespace dcmfs
