#pragma once
// Pixels as arrays of numbers.
//
//   numpy    a .npy of (frames, rows, columns, samples), of one frame without the first; of grey pixels
//            float32 after RescaleSlope and RescaleIntercept, with ?rescale=0 the stored values in
//            their type; ?compress: a .npz. Frames are decoded while they are sent.
//   matlab   an expression: double([ 1 2 ; 3 4 ]), of colour a permuted reshape
//
// Of a series, the images are in the order of a volume if they are one (slices.h), and must be alike.
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> instance_numpy(const Services&, Request&);
Result<Response> frame_numpy(const Services&, Request&);
Result<Response> series_numpy(const Services&, Request&);
Result<Response> matlab(const Services&, Request&);

}  // namespace dcmfs::rest
