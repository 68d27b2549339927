#pragma once
// The web page, for people with a browser. It is made of static files and does what it does by the
// routes that all clients have.
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> to_the_page(const Services&, Request&);
Result<Response> page_file(const Services&, Request&);

RouteTable page_routes();

}  // namespace dcmfs::rest
