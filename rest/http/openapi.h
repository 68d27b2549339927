#pragma once
// The description of this API for programs that make clients of it: OpenAPI 3.1, printed from the
// tables of routes.
#include <span>
#include <string_view>

#include <json/value.h>

#include "rest/http/route.h"

namespace dcmfs::rest {

struct OpenApiTitle {
  std::string_view title, version;
};

// Each row becomes an operation at each of its levels. What a row does not have columns for its summary
// tells: "?expand" is a parameter of the query.
Json::Value openapi(std::span<const RouteTable>, const OpenApiTitle&);

}  // namespace dcmfs::rest
