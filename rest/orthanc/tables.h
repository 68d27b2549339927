#pragma once
// The tables of routes of this folder.
#include "rest/http/route.h"

namespace dcmfs::rest {

RouteTable archive_routes();
RouteTable jobs_routes();
RouteTable picture_routes();
RouteTable resource_routes();
RouteTable system_routes();
RouteTable tag_routes();

}  // namespace dcmfs::rest
