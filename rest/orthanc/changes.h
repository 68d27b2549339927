#pragma once
// What happened to resources, and what was sent.
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> list_changes(const Services&, Request&);
Result<Response> clear_changes(const Services&, Request&);
Result<Response> stream_changes(const Services&, Request&);
Result<Response> list_exports(const Services&, Request&);
Result<Response> clear_exports(const Services&, Request&);

}  // namespace dcmfs::rest
