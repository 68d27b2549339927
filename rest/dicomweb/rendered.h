#pragma once
// Rendered and thumbnail resources of WADO-RS (PS3.18 10.4.1.1.3). Of an instance its first frame, of a series or a
// study that in the middle; where the client takes a body of parts, all of them.
#include "rest/http/route.h"

namespace dcmfs::rest {

// ?viewport, ?window, ?quality; image/jpeg (the default) or image/png, alone or as parts of a multipart body, in
// which what is no picture is left out. {frames} are numbers from 1 on. 406: there is no picture. ?annotation and
// ?iccprofile: a Warning says what of them this picture cannot have. A presentation state is the images that it is
// about, as it wants them; in the pictures of a study it is left out.
Result<Response> retrieve_rendered(const Services&, Request&);
// One of them, small; ?viewport says another size.
Result<Response> retrieve_thumbnail(const Services&, Request&);

}  // namespace dcmfs::rest
