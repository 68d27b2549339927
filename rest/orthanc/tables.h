#pragma once
// The tables of routes of this folder.
#include "rest/http/route.h"

namespace dcmfs::rest {

RouteTable picture_routes();
RouteTable system_routes();

}  // namespace dcmfs::rest
