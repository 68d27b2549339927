#include "rest/dicomweb/capabilities.h"

#include <json/json.h>

#include "rest/base_url.h"
#include "rest/dicomweb/tables.h"
#include "rest/http/json.h"
#include "rest/services.h"

namespace dcmfs::rest {

Result<Response> capabilities(const Services& services, Request& request) {
  Json::Value v;
  v["Product"] = "dcmfs";
  v["Version"] = services.facts.version;
  v["Root"] = base_url(services, request) + "/dicom-web";
  for (const Route& route : dicomweb_routes()) {
    Json::Value one;
    one["Method"] = std::string(name(route.method));
    one["Path"] = std::string(route.pattern);
    one["Summary"] = std::string(route.summary);
    v["Resources"].append(one);
  }
  return json_response(v);
}

}  // namespace dcmfs::rest
