#pragma once
// Rendered and thumbnail resources of WADO-RS (PS3.18 10.4.1.1.3). One picture of the resource:
// of an instance its first frame, of a series or a study that in the middle.
#include "rest/http/route.h"

namespace dcmfs::rest {

// ?viewport, ?window, ?quality; image/jpeg (the default) or image/png, alone or as the part of a
// multipart body. {frames} counts from 1. 406: there is no picture.
Result<Response> retrieve_rendered(const Services&, Request&);
// Small; ?viewport says another size.
Result<Response> retrieve_thumbnail(const Services&, Request&);

}  // namespace dcmfs::rest
