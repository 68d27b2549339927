#pragma once
// The server about itself.
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> system(const Services&, Request&);
Result<Response> statistics(const Services&, Request&);
Result<Response> openapi_json(const Services&, Request&);

}  // namespace dcmfs::rest
