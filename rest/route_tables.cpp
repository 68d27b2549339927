#include <array>

#include "rest/http/route.h"
#include "rest/orthanc/tables.h"

namespace dcmfs::rest {

std::span<const RouteTable> route_tables() {
  static const std::array tables{
      annotation_routes(),
      archive_routes(),
      change_routes(),
      jobs_routes(),
      modality_routes(),
      modify_routes(),
      peer_routes(),
      picture_routes(),
      query_routes(),
      resource_routes(),
      system_routes(),
      tag_routes(),
      tools_routes(),
      upload_routes(),
  };
  return tables;
}

}  // namespace dcmfs::rest
