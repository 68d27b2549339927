#pragma once
// The frames of an instance, and their bytes as they are stored.
#include "rest/http/route.h"

namespace dcmfs::rest {

// [0, 1, ...]; of what has no pixels, [].
Result<Response> frames(const Services&, Request&);
// What there is below a frame.
Result<Response> frame_operations(const Services&, Request&);
// The codestream; of native pixel data the bytes of the frame, of 1-bit pixels all those that it
// shares with its neighbours, too (PS3.5 8.1.1).
Result<Response> raw_frame(const Services&, Request&);
Result<Response> raw_frame_gz(const Services&, Request&);  // as a .gz

}  // namespace dcmfs::rest
