#pragma once
// The table of routes of this folder.
#include "rest/http/route.h"

namespace dcmfs::rest {

RouteTable dicomweb_routes();

}  // namespace dcmfs::rest
