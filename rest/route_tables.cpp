#include <array>

#include "rest/dicomweb/tables.h"
#include "rest/http/route.h"
#include "rest/orthanc/tables.h"

namespace dcmfs::rest {

std::span<const RouteTable> route_tables() {
  static const std::array tables{
      system_routes(),
      upload_routes(),
      dicomweb_routes(),
  };
  return tables;
}

}  // namespace dcmfs::rest
