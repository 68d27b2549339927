#include <array>

#include "rest/http/route.h"
#include "rest/orthanc/tables.h"

namespace dcmfs::rest {

std::span<const RouteTable> route_tables() {
  static const std::array tables{
      archive_routes(),
      jobs_routes(),
      picture_routes(),
      resource_routes(),
      system_routes(),
      tag_routes(),
  };
  return tables;
}

}  // namespace dcmfs::rest
