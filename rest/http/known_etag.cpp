#include "rest/http/known_etag.h"

#include <string>

#include "rest/http/media_type.h"

namespace dcmfs::rest {
namespace {

// The first of a list, which loses it.
std::string_view next_of(std::string_view& list) {
  const auto comma = list.find(',');
  const auto one = trimmed(list.substr(0, comma));
  list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
  return one;
}

}  // namespace

bool names_etag(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    auto one = next_of(list);
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one.size() >= 2 && one.front() == '"' && one.back() == '"')
      one = one.substr(1, one.size() - 2);
    if (one == etag) return true;
  }
  return false;
}

bool matches_etag(std::string_view if_match, std::string_view etag, bool etag_is_weak) {
  const std::string quoted = '"' + std::string(etag) + '"';
  while (!if_match.empty()) {
    const auto one = next_of(if_match);
    if (one == "*" || (one == quoted && !etag.empty() && !etag_is_weak)) return true;
  }
  return false;
}

bool client_has(const Request& request, std::string_view etag) {
  const auto list = header(request.headers, "If-None-Match");
  return trimmed(list) != "*" && names_etag(list, etag);
}

}  // namespace dcmfs::rest
