#include <array>

#include "rest/http/route.h"
#include "rest/orthanc/tables.h"

namespace dcmfs::rest {

std::span<const RouteTable> route_tables() {
  static const std::array tables{
      resource_routes(),
      system_routes(),
      jobs_routes(),
      modify_routes(),
      tag_routes(),
      upload_routes(),
      modality_routes(),
      query_routes(),
      peer_routes(),
  };
  return tables;
}

}  // namespace dcmfs::rest
