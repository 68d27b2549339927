#include <array>

#include "rest/http/route.h"
#include "rest/orthanc/tables.h"

namespace dcmfs::rest {

std::span<const RouteTable> route_tables() {
  static const std::array tables{
      picture_routes(),
      system_routes(),
  };
  return tables;
}

}  // namespace dcmfs::rest
