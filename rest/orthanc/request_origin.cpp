#include "rest/orthanc/request_origin.h"

#include <json/json.h>

namespace dcmfs::rest {

Origin origin_of(const Request& request) {
  return {.way = Origin::Way::rest_api,
          .remote_ip = request.address,
          .http_username = request.user,
          .http_host = std::string(header(request.headers, "Host"))};
}

Json::Value origin_json(const Origin& origin) {
  Json::Value v;
  v["RemoteIp"] = origin.remote_ip;
  v["HttpUsername"] = origin.http_username;
  v["HttpHost"] = origin.http_host;
  return v;
}

Origin origin_from_json(const Json::Value& v) {
  return {.way = Origin::Way::rest_api,
          .remote_ip = v.get("RemoteIp", "").asString(),
          .http_username = v.get("HttpUsername", "").asString(),
          .http_host = v.get("HttpHost", "").asString()};
}

}  // namespace dcmfs::rest
