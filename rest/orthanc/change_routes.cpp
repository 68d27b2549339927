#include "rest/orthanc/changes.h"
#include "rest/orthanc/tables.h"

namespace dcmfs::rest {
namespace {

using enum Method;
using enum Access;
using enum Takes;

// clang-format off
constexpr Route kChangeRoutes[] = {
    {get,     "/changes",        kNoLevel, read,  nothing, list_changes,   "What happened to resources that are there; ?since, ?to, ?limit, ?type, ?last", Gives::json},
    {delete_, "/changes",        kNoLevel, write, nothing, clear_changes,  "Forgets what happened", Gives::text},
    {get,     "/changes/stream", kNoLevel, read,  nothing, stream_changes, "What happens, removals too, as server-sent events; ?since", Gives::text},
    {get,     "/exports",        kNoLevel, read,  nothing, list_exports,   "What was sent where; ?since, ?limit, ?last", Gives::json},
    {delete_, "/exports",        kNoLevel, write, nothing, clear_exports,  "Forgets what was sent", Gives::text},
};
// clang-format on

}  // namespace

RouteTable change_routes() {
  return kChangeRoutes;
}

}  // namespace dcmfs::rest
