#pragma once
// Text on pictures, in any script that this machine has a font for. May be called from any thread.
#include <string_view>

#include "store/image/drawing.h"
#include "store/result.h"

namespace dcmfs {

// Whether there is a font. Told once, when it is first asked.
bool text_can_be_drawn();

// One line of UTF-8, `size` pixels high; what no font has is a box, what is behind the first 512
// characters is left out. Right-to-left text stands as it is read. not_supported: there is no font.
Result<Mask> text_mask(std::string_view line, int size);

// Readable on black and on white: white, with a black outline, its first pixel at (x, y).
void draw_text(Canvas&, const Mask& text, int size, int x, int y, Ink = {});

inline constexpr int kTextSizeMin = 7, kTextSizeMax = 160;

}  // namespace dcmfs
