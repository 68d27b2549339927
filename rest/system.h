#pragma once
// The server about itself.
#include "rest/route.h"

namespace dcmfs::rest {

Result<Response> welcome(const Services&, const Request&);
Result<Response> system(const Services&, const Request&);
Result<Response> statistics(const Services&, const Request&);

}  // namespace dcmfs::rest
