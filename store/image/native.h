#pragma once
// Native pixel data, PS3.5 8.1: pixels as they are, one frame after the other.
#include "store/image/codec.h"
#include "store/image/pixel_bytes.h"

namespace dcmfs {

// The element and the file reach as far as the last frame; else corrupt.
Result<> check_native(const DicomFile&, const Element&, const PixelDescription&);
Result<Samples> read_native_frame(const DicomFile&, const Element&, const PixelDescription&,
                                  int frame);

}  // namespace dcmfs
