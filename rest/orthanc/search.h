#pragma once
// Searches in the store, and calls about many resources at once.
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> find_resources(const Services&, Request&);
Result<Response> count_resources(const Services&, Request&);
Result<Response> look_up(const Services&, Request&);
Result<Response> bulk_content(const Services&, Request&);
Result<Response> bulk_delete(const Services&, Request&);

}  // namespace dcmfs::rest
