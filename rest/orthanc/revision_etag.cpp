#include "rest/orthanc/revision_etag.h"

#include <optional>
#include <string_view>

#include "rest/http/media_type.h"
#include "store/number.h"

namespace dcmfs::rest {
namespace {

std::optional<Md5Sum> md5_of_digits(std::string_view digits) {
  Md5Sum sum{};
  if (digits.size() != 2 * sum.size()) return std::nullopt;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    const auto byte = parse_whole<unsigned char>(digits.substr(2 * i, 2), 16);
    if (!byte) return std::nullopt;
    sum[i] = *byte;
  }
  return sum;
}

}  // namespace

std::string etag_of(Revision revision, std::string_view md5) {
  return std::to_string(value(revision)) + '-' + std::string(md5);
}

Result<Expected> expected_by(const Services& services, const Request& request) {
  auto text = trimmed(header(request.headers, "If-Match"));
  if (text.empty()) return services.facts.check_revisions ? Expected::absent() : Expected::any();
  if (text == "*") return Expected::any();
  // It is the content that is compared, which is the same in gzip.
  if (text.starts_with("W/")) text.remove_prefix(2);
  if (text.starts_with('"') && text.ends_with('"') && text.size() > 1)
    text = text.substr(1, text.size() - 2);
  const auto number = take_whole<std::int64_t>(text);
  if (!number || *number < 0 || (!text.empty() && text.front() != '-'))
    return Error{Errc::invalid_argument, "If-Match must be the ETag that was answered before"};
  if (text.empty()) return Expected::revision(Revision{*number});
  const auto content = md5_of_digits(text.substr(1));
  return content ? Expected::revision(Revision{*number}, content) : Expected::impossible();
}

}  // namespace dcmfs::rest
