#include "rest/http/intake.h"

#include <algorithm>
#include <optional>

#include <strings.h>

#include "rest/http/gzip.h"
#include "rest/http/media_type.h"
#include "rest/http/multipart.h"
#include "store/read_at.h"

namespace dcmfs::rest {
namespace {

std::string_view text_view(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// One body or part, in memory until it is too long for that.
class BodyWriter {
 public:
  BodyWriter(Takes takes, Store& store, const IntakeLimits& limits,
             std::size_t memory_bytes_max = Intake::kMemoryBytesMax)
      : takes_(takes), store_(store), limits_(limits), memory_bytes_max_(memory_bytes_max) {}

  Result<> take(std::span<const std::byte> bytes) {
    if (takes_ == Takes::nothing) return {};
    if (!body_.file) {
      const auto size = body_.text.size() + bytes.size();
      if (takes_ == Takes::text) {
        if (static_cast<std::int64_t>(size) > limits_.text_bytes_max)
          return Error{Errc::too_large, "the body is longer than this path takes"};
      } else if (size > memory_bytes_max_) {
        DCMFS_TRY(body_.file, store_.spool());
        DCMFS_CHECK(append(std::as_bytes(std::span(body_.text))));
        body_.text = {};
      }
    }
    if (body_.file) return append(bytes);
    body_.text += text_view(bytes);
    return {};
  }
  Body body() && { return std::move(body_); }

 private:
  Result<> append(std::span<const std::byte> bytes) {
    DCMFS_CHECK(body_.file->append(bytes));
    body_.file->look_ahead();
    return {};
  }

  Takes takes_;
  Store& store_;
  IntakeLimits limits_;
  std::size_t memory_bytes_max_;
  Body body_;
};

// A header as it is held: a node of a map, with two texts.
std::size_t bytes_held(const Headers& headers) {
  constexpr std::size_t kNodeBytes = 112;
  std::size_t bytes = 0;
  for (const auto& [name, value] : headers) bytes += kNodeBytes + name.size() + value.size();
  return bytes;
}

class PartsWriter : public MultipartReader::Sink {
 public:
  PartsWriter(Takes takes, Store& store, const IntakeLimits& limits)
      : takes_(takes), store_(store), limits_(limits) {}

  Result<> begin(Headers headers) override {
    header_bytes_ += bytes_held(headers);
    if (header_bytes_ > Intake::kPartHeaderBytesMax)
      return Error{Errc::too_large, "the parts have too many headers"};
    parts.push_back({.headers = std::move(headers), .body = {}});
    writer_.emplace(
        takes_, store_, limits_,
        std::min(Intake::kMemoryBytesMax, Intake::kPartsInMemoryBytesMax - bytes_in_memory_));
    return {};
  }
  Result<> data(std::span<const std::byte> bytes) override { return writer_->take(bytes); }
  Result<> end() override {
    Body& body = parts.back().body;
    body = std::move(*writer_).body();
    bytes_in_memory_ += body.text.size();
    if (body.file) body.file->rest();  // there may be more parts than a process may have files open
    writer_.reset();
    return {};
  }

  std::vector<Part> parts;

 private:
  Takes takes_;
  Store& store_;
  IntakeLimits limits_;
  std::optional<BodyWriter> writer_;
  std::size_t bytes_in_memory_ = 0, header_bytes_ = 0;
};

bool is_gzip(std::string_view encoding) {
  return encoding.size() == 4 && ::strncasecmp(encoding.data(), "gzip", 4) == 0;
}

}  // namespace

struct Intake::Parts {
  IntakeLimits limits;
  std::int64_t bytes = 0;
  std::string unknown_encoding;
  std::optional<Inflater> inflater;
  BodyWriter whole;
  PartsWriter parts;
  std::optional<MultipartReader> reader;

  Parts(Takes takes, Store& store, const IntakeLimits& l)
      : limits(l), whole(takes, store, l), parts(takes, store, l) {}

  Result<> pass_on(std::span<const std::byte> unpacked) {
    return reader ? reader->take(unpacked) : whole.take(unpacked);
  }
};

Intake::Intake(Takes takes, const Headers& headers, Store& store, const IntakeLimits& limits)
    : parts_(std::make_unique<Parts>(takes, store, limits)) {
  const auto encoding = trimmed(header(headers, "Content-Encoding"));
  if (is_gzip(encoding))
    parts_->inflater.emplace();
  else if (!encoding.empty() && encoding != "identity")
    parts_->unknown_encoding = encoding;
  if (takes != Takes::files) return;
  if (const auto boundary = multipart_boundary(header(headers, "Content-Type")))
    parts_->reader.emplace(*boundary, parts_->parts);
}

Intake::~Intake() = default;

Result<> Intake::take(std::span<const std::byte> bytes) {
  if (!parts_->unknown_encoding.empty())
    return Error{Errc::not_supported, "Content-Encoding may be gzip or nothing"};
  parts_->bytes += static_cast<std::int64_t>(bytes.size());
  if (parts_->limits.body_bytes_max > 0 && parts_->bytes > parts_->limits.body_bytes_max)
    return Error{Errc::too_large, "the body is over MaximumRequestBodySizeMB"};
  if (!parts_->inflater) return parts_->pass_on(bytes);
  return parts_->inflater->take(
      bytes, [&](std::span<const std::byte> unpacked) { return parts_->pass_on(unpacked); });
}

Result<> Intake::finish(Request& request) {
  if (parts_->inflater && parts_->bytes > 0) DCMFS_CHECK(parts_->inflater->finish());
  if (parts_->reader && parts_->bytes > 0) {
    DCMFS_CHECK(parts_->reader->finish());
    request.parts = std::move(parts_->parts.parts);
    return {};
  }
  request.body = std::move(parts_->whole).body();
  return {};
}

Result<SpoolFile> file_of(Body&& body, Store& store) {
  if (body.file) {
    DCMFS_CHECK(body.file->wake());
    return *std::move(body.file);
  }
  DCMFS_TRY(auto file, store.spool());
  DCMFS_CHECK(file.append(std::as_bytes(std::span(body.text))));
  return file;
}

Result<std::string> text_of(Body&& body, std::int64_t bytes_max) {
  if (body.file) {
    SpoolFile file = *std::move(body.file);  // closed by the end: there may be many
    DCMFS_TRY(const auto size, file.size());
    if (size > bytes_max) return Error{Errc::too_large, "the text is too long"};
    DCMFS_CHECK(file.wake());
    std::string text(static_cast<std::size_t>(size), '\0');
    DCMFS_TRY(const auto n, read_at(file.fd(), 0, std::as_writable_bytes(std::span(text)),
                                    "reading a body from the spool"));
    text.resize(n);
    return text;
  }
  if (static_cast<std::int64_t>(body.text.size()) > bytes_max)
    return Error{Errc::too_large, "the text is too long"};
  return std::move(body.text);
}

}  // namespace dcmfs::rest
