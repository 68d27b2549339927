#include "rest/http/route.h"
#include "rest/orthanc/system.h"
#include "rest/orthanc/tables.h"

namespace dcmfs::rest {
namespace {

using enum Method;
using enum Access;
using enum Takes;

// clang-format off
constexpr Route kSystemRoutes[] = {
    {get, "/system",       kNoLevel, read,   nothing, system,       "What this server is and can do",    Gives::json},
    {get, "/statistics",   kNoLevel, read,   nothing, statistics,   "How much is stored",                Gives::json},
    {get, "/openapi.json", kNoLevel, anyone, nothing, openapi_json, "This API, as OpenAPI describes it", Gives::json},
};
// clang-format on

}  // namespace

RouteTable system_routes() {
  return kSystemRoutes;
}

}  // namespace dcmfs::rest
