#include "rest/web/page.h"

#include <algorithm>

#include "rest/http/error.h"
#include "rest/web/assets.h"

namespace dcmfs::rest {
namespace {

// What a page may load and call: this server alone, and no script but its own files. W3C CSP 3.
constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct EndingType {
  std::string_view ending, type;
};
constexpr EndingType kEndingTypes[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
};

std::string type_of_file(std::string_view file) {
  const auto found = std::ranges::find_if(
      kEndingTypes, [&](const auto& row) { return file.ends_with(row.ending); });
  return std::string(found == std::end(kEndingTypes) ? "application/octet-stream" : found->type);
}

}  // namespace

// Relative to what was asked for, so that a proxy may put all of this below a path of its own.
Result<Response> to_the_page(const Services&, Request& request) {
  const bool in_app = request.path_text.ends_with("/app/");
  return Response{.status = 301,
                  .type = "text/plain; charset=utf-8",
                  .headers = {{"Location", in_app ? "explorer.html" : "app/explorer.html"}}};
}

Result<Response> page_file(const Services& services, Request& request) {
  const auto& asked = request.part("path");
  if (asked.empty()) return to_the_page(services, request);
  const auto assets = web_assets();
  const auto found = std::ranges::find(assets, asked, &WebAsset::name);
  if (found == assets.end()) return failure_response(no_such_path(), request);
  return Response{
      .type = type_of_file(asked),
      .headers = {{"Content-Security-Policy", kContentSecurityPolicy},
                  {"Referrer-Policy", "no-referrer"},  // addresses have ids of patients in them
                  {"Cache-Control",
                   "no-cache"}},  // asks each time whether the ETag is still the same
      .body = std::string(found->bytes),
      .etag = std::string(found->etag)};
}

}  // namespace dcmfs::rest
