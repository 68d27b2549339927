#pragma once
// Colour frames to 8-bit red, green and blue (PS3.3 C.7.6.3.1.2).
#include "store/image/lut.h"
#include "store/image/render.h"

namespace dcmfs {

// Of a frame with three samples, or four of CMYK.
Picture colour_picture(const Frame&);
// DICOM 1993, C.7.6.3.1.2: where alpha is not 0, the palette's colour for it stands instead of the
// pixel's own. nullptr: there is none.
Picture argb_picture(const Frame&, const Palette*);
// Of any frame that is not grey (PixelDescription::channels()). corrupt: the palettes are.
Result<Picture> colours_of(const DicomFile&, const Frame&);
// Of a frame of PALETTE COLOR.
Picture palette_picture(const Frame&, const Palette&);

}  // namespace dcmfs
