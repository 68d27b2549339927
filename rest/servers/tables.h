#pragma once
// The table of routes of this folder.
#include "rest/http/route.h"

namespace dcmfs::rest {

RouteTable server_routes();

}  // namespace dcmfs::rest
