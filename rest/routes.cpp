#include "rest/route.h"
#include "rest/system.h"

namespace dcmfs::rest {
namespace {

using enum Method;
using enum Access;

// clang-format off
constexpr Route kRoutes[] = {
    {get, "/",           anyone, welcome,    "What this is"},
    {get, "/system",     users,  system,     "What this server is and can do"},
    {get, "/statistics", users,  statistics, "How much is stored"},
};
// clang-format on

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

}  // namespace dcmfs::rest
