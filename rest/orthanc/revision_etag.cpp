#include "rest/orthanc/revision_etag.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "rest/http/media_type.h"

namespace dcmfs::rest {
namespace {

std::optional<Md5Sum> md5_of_digits(std::string_view digits) {
  Md5Sum sum{};
  if (digits.size() != 2 * sum.size()) return std::nullopt;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    const char* const begin = digits.data() + 2 * i;
    const auto [end, error] = std::from_chars(begin, begin + 2, sum[i], 16);
    if (error != std::errc() || end != begin + 2) return std::nullopt;
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
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0 || (end != text.data() + text.size() && *end != '-'))
    return Error{Errc::invalid_argument, "If-Match must be the ETag that was answered before"};
  if (end == text.data() + text.size()) return Expected::revision(Revision{number});
  const auto content = md5_of_digits(text.substr(static_cast<std::size_t>(end - text.data()) + 1));
  return content ? Expected::revision(Revision{number}, content) : Expected::impossible();
}

}  // namespace dcmfs::rest
