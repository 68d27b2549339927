#include <array>

#include "rest/dicomweb/tables.h"
#include "rest/http/route.h"
#include "rest/orthanc/tables.h"
#include "rest/servers/tables.h"
#include "rest/web/page.h"

namespace dcmfs::rest {

std::span<const RouteTable> route_tables() {
  static const std::array tables{
      annotation_routes(), archive_routes(),  change_routes(),   jobs_routes(),
      modality_routes(),   modify_routes(),   peer_routes(),     picture_routes(),
      query_routes(),      resource_routes(), system_routes(),   tag_routes(),
      tools_routes(),      upload_routes(),   dicomweb_routes(), server_routes(),
      page_routes(),  // last: it has all that is left below /app
  };
  return tables;
}

}  // namespace dcmfs::rest
