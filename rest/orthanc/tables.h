#pragma once
// The tables of routes of this folder.
#include "rest/http/route.h"

namespace dcmfs::rest {

RouteTable annotation_routes();
RouteTable change_routes();
RouteTable resource_routes();
RouteTable system_routes();
RouteTable tag_routes();
RouteTable tools_routes();

}  // namespace dcmfs::rest
