#include "rest/http/known_etag.h"

#include "rest/http/media_type.h"

namespace dcmfs::rest {

bool names_etag(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    auto one = trimmed(list.substr(0, comma));
    list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one.size() >= 2 && one.front() == '"' && one.back() == '"')
      one = one.substr(1, one.size() - 2);
    if (one == etag) return true;
  }
  return false;
}

bool client_has(const Request& request, std::string_view etag) {
  const auto list = header(request.headers, "If-None-Match");
  return trimmed(list) != "*" && names_etag(list, etag);
}

}  // namespace dcmfs::rest
