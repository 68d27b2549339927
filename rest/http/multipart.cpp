#include "rest/http/multipart.h"

#include <algorithm>

#include "rest/http/media_type.h"

namespace dcmfs::rest {
namespace {

constexpr std::size_t kBoundaryMax = 200;  // RFC 2046 allows 70

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// "Name: value" lines; obsolete folding is taken as one line.
Result<Headers> headers_of(std::string_view text) {
  Headers headers;
  while (!text.empty()) {
    const auto end = text.find("\r\n");
    const auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 2);
    if (line.empty()) continue;
    const auto colon = line.find(':');
    if (colon == line.npos || colon == 0)
      return Error{Errc::invalid_argument, "a part has a header that is none"};
    headers.insert_or_assign(std::string(trimmed(line.substr(0, colon))),
                             std::string(trimmed(line.substr(colon + 1))));
  }
  return headers;
}

}  // namespace

std::optional<std::string> multipart_boundary(std::string_view content_type) {
  const auto type = MediaType::parse(content_type);
  if (!type || !type->name.starts_with("multipart/")) return std::nullopt;
  const auto found = type->parameters.find("boundary");
  if (found == type->parameters.end() || found->second.empty() ||
      found->second.size() > kBoundaryMax)
    return std::nullopt;
  return found->second;
}

MultipartReader::MultipartReader(std::string_view boundary, Sink& sink)
    : delimiter_("\r\n--" + std::string(boundary)), sink_(sink) {}

Result<> MultipartReader::take(std::span<const std::byte> bytes) {
  if (at_ == At::epilogue) return {};
  buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (;;) {
    DCMFS_TRY(const bool again, step());
    if (again) continue;
    buffer_.erase(0, done_);
    done_ = 0;
    return {};
  }
}

Result<bool> MultipartReader::step() {
  switch (at_) {
    case At::preamble:
    case At::data:
      return step_to_delimiter();
    case At::headers:
      return step_headers();
    case At::epilogue:
      done_ = buffer_.size();
      return false;
  }
  return false;
}

Result<bool> MultipartReader::step_to_delimiter() {
  const auto text = left();
  const auto found = text.find(delimiter_);
  // Of what could be the beginning of a delimiter nothing is given away.
  const std::size_t sure = found != text.npos ? found
                           : text.size() < delimiter_.size()
                               ? 0
                               : text.size() - (delimiter_.size() - 1);
  if (at_ == At::data && sure > 0) DCMFS_CHECK(sink_.data(bytes_of(text.substr(0, sure))));
  done_ += sure;
  if (found == text.npos) return false;

  // "--" ends the body, white space and a line break begin a part, anything else is data.
  const std::string_view after = left().substr(delimiter_.size());
  if (after.size() < 2) return false;  // looked at again with the next bytes
  const bool last = after.starts_with("--");
  const auto spaces = after.find_first_not_of(" \t");
  if (!last && spaces > kHeaderBytesMax && after.size() > kHeaderBytesMax)
    return Error{Errc::invalid_argument, "a boundary has no end"};
  if (!last && (spaces == after.npos || (after[spaces] == '\r' && spaces + 1 == after.size())))
    return false;
  if (!last && after.substr(spaces, 2) != "\r\n") {
    if (at_ == At::data) DCMFS_CHECK(sink_.data(bytes_of(delimiter_)));
    done_ += delimiter_.size();
    return true;
  }
  if (at_ == At::data) DCMFS_CHECK(sink_.end());
  if (last) {
    at_ = At::epilogue;
    return true;
  }
  if (++parts_ > kPartsMax) return Error{Errc::too_large, "the body has too many parts"};
  done_ += delimiter_.size() + spaces;  // the line break stays: a part may have no headers at all
  at_ = At::headers;
  return true;
}

Result<bool> MultipartReader::step_headers() {
  const auto text = left();
  const auto end = text.find("\r\n\r\n");
  if (std::min(end, text.size()) > kHeaderBytesMax)
    return Error{Errc::too_large, "the headers of a part are too long"};
  if (end == text.npos) return false;
  DCMFS_TRY(auto headers, headers_of(text.substr(0, end)));
  done_ += end + 4;
  DCMFS_CHECK(sink_.begin(std::move(headers)));
  at_ = At::data;
  return true;
}

Result<> MultipartReader::finish() const {
  if (at_ != At::epilogue) return Error{Errc::invalid_argument, "the multipart body has no end"};
  return {};
}

}  // namespace dcmfs::rest
