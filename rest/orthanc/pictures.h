#pragma once
// Frames as PNG, JPEG or PAM, by the Accept header. {frame} counts from 0; without it, the first.
//
//   preview               from the lowest value, black, to the highest, white; colour as it is
//   rendered              as PS3.3 C.11 and PS3.4 N.2 show it: ?window-center, ?window-width, ?width and
//                         ?height (at most; the proportions stay), ?smooth
//   image-uint8, -uint16, -int16   stored values that such samples do not have become the nearest;
//                         of negative ones PNG shows the two's complement
//
// ?quality from 1 to 100 is for JPEG. 415: no picture that can be decoded; ?returnUnsupportedImage
// redirects to one that says so.
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> preview(const Services&, Request&);
Result<Response> rendered(const Services&, Request&);
Result<Response> image_uint8(const Services&, Request&);
Result<Response> image_uint16(const Services&, Request&);
Result<Response> image_int16(const Services&, Request&);

// The picture that says that there is none.
Result<Response> unsupported_image(const Services&, Request&);

}  // namespace dcmfs::rest
