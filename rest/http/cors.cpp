#include "rest/http/cors.h"

#include <algorithm>

namespace dcmfs::rest {
namespace {

constexpr const char* kMaxAge = "86400";  // seconds a browser may remember
constexpr std::string_view kExposed =
    "Content-Disposition, Content-Range, Content-Location, ETag, Location, Warning";

bool lists(const std::vector<std::string>& origins, std::string_view origin) {
  return !origin.empty() && std::ranges::find(origins, origin) != origins.end();
}

bool lists_all(const std::vector<std::string>& origins) {
  return std::ranges::find(origins, "*") != origins.end();
}

}  // namespace

void add_cors(const std::vector<std::string>& origins, const Headers& request, Response& response) {
  if (origins.empty()) return;
  auto& vary = response.headers["Vary"];
  vary += vary.empty() ? "Origin" : ", Origin";
  const auto origin = header(request, "Origin");
  if (lists(origins, origin)) {
    response.headers.insert_or_assign("Access-Control-Allow-Origin", std::string(origin));
    response.headers.insert_or_assign("Access-Control-Allow-Credentials", "true");
  } else if (lists_all(origins)) {  // but not with the password that a browser remembers
    response.headers.insert_or_assign("Access-Control-Allow-Origin", "*");
  } else {
    return;
  }
  response.headers.insert_or_assign("Access-Control-Expose-Headers", std::string(kExposed));
}

void add_preflight(const std::vector<std::string>& origins, const Headers& request,
                   std::string_view methods, Response& response) {
  if (!lists(origins, header(request, "Origin")) && !lists_all(origins)) return;
  response.headers.insert_or_assign("Access-Control-Allow-Methods", std::string(methods));
  const auto asked = header(request, "Access-Control-Request-Headers");
  if (!asked.empty())
    response.headers.insert_or_assign("Access-Control-Allow-Headers", std::string(asked));
  response.headers.insert_or_assign("Access-Control-Max-Age", kMaxAge);
}

bool comes_from_a_stranger(const std::vector<std::string>& origins, const Headers& request) {
  const auto origin = header(request, "Origin");
  if (origin.empty()) return header(request, "Sec-Fetch-Site") == "cross-site";
  if (lists(origins, origin)) return false;
  // All sites may write, but not with the password that a browser adds to what any of them sends.
  if (lists_all(origins) && header(request, "Authorization").empty()) return false;
  const auto scheme = origin.find("://");
  return scheme == origin.npos || origin.substr(scheme + 3) != header(request, "Host");
}

}  // namespace dcmfs::rest
