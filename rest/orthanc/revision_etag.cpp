#include "rest/orthanc/revision_etag.h"

#include <charconv>

#include "rest/http/media_type.h"

namespace dcmfs::rest {

std::string etag_of(Revision revision, std::string_view md5) {
  return std::to_string(value(revision)) + '-' + std::string(md5);
}

Result<Expected> expected_by(const Services& services, const Request& request) {
  auto text = trimmed(header(request.headers, "If-Match"));
  if (text.empty()) return services.facts.check_revisions ? Expected::absent() : Expected::any();
  if (text == "*") return Expected::any();
  if (text.starts_with('"') && text.ends_with('"') && text.size() > 1)
    text = text.substr(1, text.size() - 2);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || (end != text.data() + text.size() && *end != '-'))
    return Error{Errc::invalid_argument, "If-Match must be the ETag that was answered before"};
  return Expected::revision(Revision{number});
}

}  // namespace dcmfs::rest
