#pragma once
// What of DICOMweb there is here (PS3.18 8.9), as JSON made of the table of routes.
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> capabilities(const Services&, Request&);

}  // namespace dcmfs::rest
