#include "rest/dicomweb/multipart_source.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <random>

#include "rest/http/file_source.h"
#include "store/read_at.h"

namespace dcmfs::rest {
namespace {

// Of bits enough that no file has it in it.
std::string new_boundary() {
  std::random_device random;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "dcmfs-";
  for (int i = 0; i < 32; ++i) text += kDigits[random() & 15];
  return text;
}

std::string headers_of_part(const OutgoingPart& part) {
  std::string text = "\r\nContent-Type: " + part.type + "\r\n";
  if (part.size) text += "Content-Length: " + std::to_string(*part.size) + "\r\n";
  if (!part.location.empty()) text += "Content-Location: " + part.location + "\r\n";
  return text + "\r\n";
}

class BytesSource : public Source {
 public:
  explicit BytesSource(std::string text) : text_(std::move(text)) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const auto n = std::min(into.size(), text_.size() - given_);
    if (n > 0) std::memcpy(into.data(), text_.data() + given_, n);
    given_ += n;
    return n;
  }

 private:
  std::string text_;
  std::size_t given_ = 0;
};

class SpoolSource : public Source {
 public:
  explicit SpoolSource(SpoolFile file) : file_(std::move(file)) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    DCMFS_TRY(const auto n, read_at(file_.fd(), offset_, into, "a file in the spool"));
    offset_ += static_cast<std::int64_t>(n);
    return n;
  }

 private:
  SpoolFile file_;
  std::int64_t offset_ = 0;
};

class MultipartSource : public Source {
 public:
  MultipartSource(std::string boundary, NextPart next)
      : boundary_(std::move(boundary)), next_(std::move(next)) {}

  Result<std::size_t> read(std::span<std::byte> into) override {
    while (!over_) {
      if (!now_) {
        DCMFS_CHECK(begin_next());
      }
      DCMFS_TRY(const auto n, now_->read(into));
      if (n > 0) return n;
      now_ = std::move(then_);
      if (!now_ && last_) over_ = true;
    }
    return std::size_t{0};
  }

 private:
  Result<> begin_next() {
    DCMFS_TRY(auto part, next_());
    std::string head = (first_ ? "--" : "\r\n--") + boundary_;
    if (!part) {
      // A body has one part at least (RFC 2046 5.1.1).
      if (first_) return Error{Errc::not_found, "nothing is left of what was asked for"};
      last_ = true;
      now_ = text_source(head + "--\r\n");
      return {};
    }
    first_ = false;
    now_ = text_source(head + headers_of_part(*part));
    then_ = std::move(part->body);
    return {};
  }

  const std::string boundary_;
  NextPart next_;
  std::unique_ptr<Source> now_, then_;
  bool first_ = true, last_ = false, over_ = false;
};

}  // namespace

Response multipart_response(std::string_view part_type, NextPart next) {
  const auto boundary = new_boundary();
  Response response;
  response.type =
      "multipart/related; type=\"" + std::string(part_type) + "\"; boundary=" + boundary;
  response.body =
      Streamed{.source = std::make_unique<MultipartSource>(boundary, std::move(next)), .size = {}};
  return response;
}

Response multipart_response(std::string_view part_type, std::vector<OutgoingPart> parts) {
  std::int64_t bodies = 0, heads = 0;
  for (const auto& part : parts) {
    bodies += part.size.value_or(0);
    heads += static_cast<std::int64_t>(headers_of_part(part).size());
  }
  // Before each part and behind the last one: the boundary with what belongs to it.
  const auto boundaries = static_cast<std::int64_t>(parts.size()) + 1;
  // Shared by the copies of a std::function, of which one is used.
  auto rest = std::make_shared<std::deque<OutgoingPart>>(std::make_move_iterator(parts.begin()),
                                                         std::make_move_iterator(parts.end()));
  auto response = multipart_response(part_type, [rest]() -> Result<std::optional<OutgoingPart>> {
    if (rest->empty()) return std::optional<OutgoingPart>();
    std::optional<OutgoingPart> next(std::move(rest->front()));
    rest->pop_front();
    return next;
  });
  constexpr std::int64_t kBefore = 4, kNotBeforeTheFirst = 2,
                         kEnd = 4;  // "\r\n--", "\r\n", "--\r\n"
  const auto boundary_bytes = static_cast<std::int64_t>(new_boundary().size());
  std::get<Streamed>(response.body).size =
      bodies + heads + boundaries * (kBefore + boundary_bytes) - kNotBeforeTheFirst + kEnd;
  return response;
}

Response multipart_response(std::string_view part_type, OutgoingPart part) {
  std::vector<OutgoingPart> parts;
  parts.push_back(std::move(part));
  return multipart_response(part_type, std::move(parts));
}

Response with_weak_etag(Response response, std::string etag) {
  response.etag = std::move(etag);
  response.etag_is_weak = true;
  return response;
}

std::unique_ptr<Source> text_source(std::string text) {
  return std::make_unique<BytesSource>(std::move(text));
}

Result<OutgoingPart> part_of(SpoolFile file, std::string type) {
  DCMFS_TRY(const auto size, file.size());
  return OutgoingPart{std::move(type), {}, size, std::make_unique<SpoolSource>(std::move(file))};
}
OutgoingPart part_of(FileRange range, std::string type) {
  const auto size = range.size;
  return {std::move(type), {}, size, std::make_unique<FileSource>(std::move(range))};
}
OutgoingPart part_of(std::string bytes, std::string type) {
  const auto size = static_cast<std::int64_t>(bytes.size());
  return {std::move(type), {}, size, text_source(std::move(bytes))};
}
OutgoingPart part_of(ResponseBody body, std::string type) {
  if (auto* bytes = std::get_if<std::string>(&body))
    return part_of(std::move(*bytes), std::move(type));
  if (auto* range = std::get_if<FileRange>(&body))
    return part_of(std::move(*range), std::move(type));
  auto& streamed = std::get<Streamed>(body);
  return {std::move(type), {}, streamed.size, std::move(streamed.source)};
}

Response single_response(OutgoingPart part) {
  Response response;
  response.type = std::move(part.type);
  if (!part.location.empty())
    response.headers.emplace("Content-Location", std::move(part.location));
  response.body = Streamed{.source = std::move(part.body), .size = part.size};
  return response;
}

}  // namespace dcmfs::rest
