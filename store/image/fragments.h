#pragma once
// Encapsulated pixel data, PS3.5 A.4: where the codestream of one frame is.
// Only item headers and tables are read, never the pixels.
#include <vector>

#include "store/image/pixel_bytes.h"

namespace dcmfs {

// The fragments of a frame, in order. With a Basic or Extended Offset Table the
// cost does not depend on the number of frames; without one, or where it is
// wrong, the item headers before the frame are read, of which `seen` keeps where frames begin for who
// asks for one after the other. corrupt if there is no such frame.
Result<std::vector<ByteRange>> find_frame(const DicomFile&, const Element& pixel_data, int frames,
                                          int frame, FrameStarts* seen = nullptr);

}  // namespace dcmfs
