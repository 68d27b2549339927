#include "rest/web/page.h"

namespace dcmfs::rest {
namespace {

// clang-format off
constexpr Route kPageRoutes[] = {
    {Method::get, "/",              kNoLevel, Access::anyone, Takes::nothing, to_the_page, "To the web page",    Gives::bytes},
    {Method::get, "/app/{path...}", kNoLevel, Access::read,   Takes::nothing, page_file,   "Files of the web page", Gives::bytes},
};
// clang-format on

}  // namespace

RouteTable page_routes() {
  return kPageRoutes;
}

}  // namespace dcmfs::rest
