#include "rest/http/answer.h"

#include <cassert>
#include <new>

#include "rest/http/error.h"
#include "rest/http/gzip.h"
#include "rest/http/known_etag.h"
#include "rest/http/media_type.h"
#include "rest/http/proxy.h"
#include "store/number.h"

namespace dcmfs::rest {
namespace {

constexpr std::size_t kWorthCompressing = 1024;

std::optional<std::int64_t> size_of(const Response& response) {
  if (const auto* text = std::get_if<std::string>(&response.body))
    return static_cast<std::int64_t>(text->size());
  if (const auto* file = std::get_if<FileRange>(&response.body)) return file->size;
  return std::get<Streamed>(response.body).size;
}

// The beginning of another source.
class FirstBytes : public Source {
 public:
  FirstBytes(std::unique_ptr<Source> source, std::int64_t size)
      : source_(std::move(source)), left_(size) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const auto wanted = into.first(std::min(into.size(), static_cast<std::size_t>(left_)));
    if (wanted.empty()) return std::size_t{0};
    DCMFS_TRY(const auto n, source_->read(wanted));
    left_ -= static_cast<std::int64_t>(n);
    return n;
  }

 private:
  std::unique_ptr<Source> source_;
  std::int64_t left_;
};

// Whether a part of it can be had.
bool has_ranges(const Response& response) {
  if (response.etag_is_weak) return false;
  if (const auto* streamed = std::get_if<Streamed>(&response.body))
    return streamed->size && !response.etag.empty() && streamed->source->seek(0);
  return std::holds_alternative<FileRange>(response.body) || !response.etag.empty();
}

struct Range {
  std::int64_t first, last;
};
enum class Ranges { none, one, impossible };

// RFC 9110 14.1.2. Several ranges at once may be answered with the whole, and are.
Ranges range_of(std::string_view text, std::int64_t size, Range& range) {
  if (!text.starts_with("bytes=") || text.find(',') != text.npos) return Ranges::none;
  text = trimmed(text.substr(6));
  const auto dash = text.find('-');
  if (dash == text.npos) return Ranges::none;
  const auto from = trimmed(text.substr(0, dash)), to = trimmed(text.substr(dash + 1));
  const auto first = parse_natural(from), last = parse_natural(to);
  if ((!from.empty() && !first) || (!to.empty() && !last)) return Ranges::none;
  if (!first && !last) return Ranges::none;
  if (!first) {  // the last so many
    if (*last == 0 || size == 0) return Ranges::impossible;
    range = {std::max<std::int64_t>(0, size - *last), size - 1};
    return Ranges::one;
  }
  if (last && *last < *first) return Ranges::none;
  range = {*first, std::min(size - 1, last.value_or(size - 1))};
  return *first < size ? Ranges::one : Ranges::impossible;
}

void cut(Response& response, const Range& range) {
  const auto size = range.last - range.first + 1;
  if (auto* text = std::get_if<std::string>(&response.body)) {
    *text = text->substr(static_cast<std::size_t>(range.first), static_cast<std::size_t>(size));
  } else if (auto* file = std::get_if<FileRange>(&response.body)) {
    file->offset += range.first;
    file->size = size;
  } else {
    auto& streamed = std::get<Streamed>(response.body);
    [[maybe_unused]] const bool there = streamed.source->seek(range.first);
    assert(there);  // has_ranges() has tried
    streamed.source = std::make_unique<FirstBytes>(std::move(streamed.source), size);
    streamed.size = size;
  }
}

bool is_text(std::string_view type) {
  return type.starts_with("text/") || type.starts_with("application/json") ||
         type.starts_with("application/dicom+json") || type.starts_with("application/javascript") ||
         type.starts_with("application/openapi") || type.starts_with("image/svg");
}

bool takes_gzip(std::string_view accepted) {
  while (!accepted.empty()) {
    const auto comma = accepted.find(',');
    auto one = accepted.substr(0, comma);
    accepted.remove_prefix(comma == accepted.npos ? accepted.size() : comma + 1);
    const auto semicolon = one.find(';');
    const auto coding = trimmed(one.substr(0, semicolon));
    if (!same_but_case(coding, "gzip") && coding != "*") continue;  // RFC 9110 8.4.1
    const auto weight =
        semicolon == one.npos ? std::string_view{} : trimmed(one.substr(semicolon + 1));
    return weight != "q=0" && weight != "q=0.0" && weight != "q=0.00" && weight != "q=0.000";
  }
  return false;
}

}  // namespace

void apply_conditions(const Request& request, Response& response) {
  if (response.status != 200 || request.method != Method::get) return;
  if (!response.etag.empty()) {
    response.headers.insert_or_assign(
        "ETag", (response.etag_is_weak ? "W/\"" : "\"") + response.etag + '"');
  }
  const auto wanted = header(request.headers, "If-Match");
  if (!wanted.empty() && !matches_etag(wanted, response.etag, response.etag_is_weak)) {
    auto headers = std::move(response.headers);
    response = failure_response(
        {412, orthanc_errors::kBadRequest, "this is none of those that If-Match names"}, request);
    response.headers = std::move(headers);
    return;
  }
  if (!response.etag.empty()) {
    if (names_etag(header(request.headers, "If-None-Match"), response.etag)) {
      response.status = 304;
      response.body = std::string();
      return;
    }
  }
  const auto size = size_of(response);
  if (!has_ranges(response)) return;
  response.headers.insert_or_assign("Accept-Ranges", "bytes");
  const auto asked = header(request.headers, "Range");
  const auto unless = header(request.headers, "If-Range");
  if (asked.empty() || (!unless.empty() && !names_etag(unless, response.etag))) return;
  Range range{};
  switch (range_of(asked, *size, range)) {
    case Ranges::none:
      return;
    case Ranges::impossible:
      response.headers.insert_or_assign("Content-Range", "bytes */" + std::to_string(*size));
      response.status = 416;
      response.body = std::string();
      return;
    case Ranges::one:
      cut(response, range);
      response.status = 206;
      response.headers.insert_or_assign("Content-Range", "bytes " + std::to_string(range.first) +
                                                             '-' + std::to_string(range.last) +
                                                             '/' + std::to_string(*size));
      return;
  }
}

void compress(const Request& request, Response& response) {
  auto* text = std::get_if<std::string>(&response.body);
  if (!text || response.status == 206 || text->size() < kWorthCompressing ||
      !is_text(response.type))
    return;
  auto& vary = response.headers["Vary"];
  vary += vary.empty() ? "Accept-Encoding" : ", Accept-Encoding";
  if (!takes_gzip(header(request.headers, "Accept-Encoding"))) return;
  *text = gzipped(*text);
  // Other bytes than without: the same only weakly.
  if (!response.etag.empty())
    response.headers.insert_or_assign("ETag", "W/\"" + response.etag + '"');
  response.headers.insert_or_assign("Content-Encoding", "gzip");
}

Response answer(const Services& services, const Route& route, Request& request,
                const AnswerOptions& options) {
  Response response;
  try {
    auto result = route.handler(services, request);
    response = result ? *std::move(result) : failure_response(failure_of(result.error()), request);
    if (!request.by_proxy || !leave_to_proxy(options.store, response))
      apply_conditions(request, response);
    if (options.compress) compress(request, response);
  } catch (const std::bad_alloc&) {
    response = failure_response({503, orthanc_errors::kUnavailable, "not enough memory for this"},
                                request);
  } catch (const std::exception&) {  // its text is about our inside
    response = failure_response({500, orthanc_errors::kInternal, {}}, request);
  }
  return response;
}

}  // namespace dcmfs::rest
