#include "rest/base_url.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <strings.h>

#include "rest/http/media_type.h"
#include "rest/http/percent.h"
#include "rest/services.h"

namespace dcmfs::rest {
namespace {

constexpr std::size_t kUrlPartBytesMax = 300;

bool is_made_of(std::string_view text, std::string_view others) {
  return !text.empty() && text.size() <= kUrlPartBytesMax && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.find(c) != others.npos;
  });
}
bool is_host(std::string_view text) {
  return is_made_of(text, ".-_:[]");
}

// Of a list that each proxy adds to, what the first one said.
std::string_view first_of(std::string_view list) {
  return trimmed(list.substr(0, list.find(',')));
}

// RFC 7239 4: `proto=https;host="pacs.example:8443"`
std::string forwarded(std::string_view header_text, std::string_view name) {
  auto rest = first_of(header_text);
  while (!rest.empty()) {
    const auto end = rest.find(';');
    const auto pair = trimmed(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    const auto equals = pair.find('=');
    if (equals != name.size() || ::strncasecmp(pair.data(), name.data(), name.size()) != 0)
      continue;
    auto value = pair.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return {};
}

}  // namespace

std::string base_url(const Services& services, const Request& request) {
  const auto said = [&](std::string_view name) {
    return std::string(first_of(header(request.headers, name)));
  };
  const auto by_proxy = header(request.headers, "Forwarded");
  std::string scheme = forwarded(by_proxy, "proto"), host = forwarded(by_proxy, "host");
  if (scheme.empty()) scheme = said("X-Forwarded-Proto");
  std::ranges::transform(scheme, scheme.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (scheme != "http" && scheme != "https")
    scheme = services.facts.http_is_secure ? "https" : "http";
  if (!is_host(host)) {
    host = said("X-Forwarded-Host");
    const auto port = said("X-Forwarded-Port");
    const bool has_port =
        host.find(':', host.find(']') == host.npos ? 0 : host.find(']')) != host.npos;
    if (is_host(host) && !has_port && is_made_of(port, "") &&
        port != (scheme == "https" ? "443" : "80"))
      host += ':' + port;
  }
  if (!is_host(host)) host = said("Host");
  if (!is_host(host)) host = "localhost:" + std::to_string(services.facts.http_port);
  std::string url = scheme + "://" + host;
  auto prefix = said("X-Forwarded-Prefix");
  while (prefix.ends_with('/')) prefix.pop_back();
  if (prefix.starts_with('/') && is_made_of(prefix, "/-_.~")) url += prefix;
  return url;
}

std::string retrieve_url(std::string_view base, const Uids& uids) {
  const std::array below{std::pair("/studies/", &uids.study), std::pair("/series/", &uids.series),
                         std::pair("/instances/", &uids.sop_instance)};
  std::string url = std::string(base) + "/dicom-web";
  if (uids.study.empty()) return {};
  bool ended = false;
  for (const auto& [name, uid] : below) {
    if (uid->empty()) {
      ended = true;
    } else if (ended) {
      return {};
    } else {
      url += name + percent_encoded(*uid);
    }
  }
  return url;
}

std::string instance_url(std::string_view base, const Dataset& dataset) {
  return retrieve_url(base, uids_in(dataset));
}

}  // namespace dcmfs::rest
