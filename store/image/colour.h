#pragma once
// Colour frames to 8-bit red, green and blue (PS3.3 C.7.6.3.1.2).
#include <string_view>

#include "store/image/lut.h"
#include "store/image/render.h"

namespace dcmfs {

// Not RGB: three samples that colour_picture must convert.
bool is_luminance_chrominance(std::string_view photometric_interpretation);

// Of a frame with three samples.
Picture colour_picture(const Frame&);
// Of a frame of PALETTE COLOR.
Picture palette_picture(const Frame&, const Palette&);

}  // namespace dcmfs
