#pragma once
// The tables of routes of this folder.
#include "rest/http/route.h"

namespace dcmfs::rest {

RouteTable annotation_routes();
RouteTable archive_routes();
RouteTable change_routes();
RouteTable jobs_routes();
RouteTable modality_routes();
RouteTable modify_routes();
RouteTable peer_routes();
RouteTable picture_routes();
RouteTable query_routes();
RouteTable resource_routes();
RouteTable system_routes();
RouteTable tag_routes();
RouteTable tools_routes();
RouteTable upload_routes();

}  // namespace dcmfs::rest
