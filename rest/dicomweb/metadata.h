#pragma once
// Metadata of WADO-RS (PS3.18 10.4.1.1.2): all attributes but bulk data, which they give the URIs of.
#include "rest/http/route.h"

namespace dcmfs::rest {

// Of all instances of the study, the series, or of the one. AvailableTransferSyntaxUID is added: it
// tells how the pixel data is stored, which group 0002 would. As JSON of what is kept of each series
// (metadata_keeper.h); where there is none yet, and for XML in parts, files are read up to their bulk data, some
// at a time while the answer is sent.
Result<Response> retrieve_metadata(const Services&, Request&);

}  // namespace dcmfs::rest
