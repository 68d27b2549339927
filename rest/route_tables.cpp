#include <array>

#include "rest/http/route.h"
#include "rest/orthanc/tables.h"
#include "rest/web/page.h"

namespace dcmfs::rest {

std::span<const RouteTable> route_tables() {
  static const std::array tables{
      system_routes(),
      upload_routes(),
      page_routes(),  // last: it has all that is left below /app
  };
  return tables;
}

}  // namespace dcmfs::rest
