#include "fs/content.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>

namespace dcmfs::fs {
namespace {

std::size_t copy_range(std::string_view text, std::int64_t offset, std::span<std::byte> into) {
  if (into.empty() || offset >= static_cast<std::int64_t>(text.size())) return 0;
  const auto part = text.substr(static_cast<std::size_t>(offset), into.size());
  std::memcpy(into.data(), part.data(), part.size());
  return part.size();
}

class BlobContent final : public Content {
 public:
  explicit BlobContent(Blob blob) : blob_(std::move(blob)) {}
  Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) override {
    return blob_.read(offset, into);
  }
  int fd() const override { return blob_.fd(); }

 private:
  Blob blob_;
};

class LazyContent final : public Content {
 public:
  explicit LazyContent(MakeText make) : make_(std::move(make)) {}
  Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) override {
    std::call_once(made_, [this] { text_ = make_(); });
    if (!*text_) return text_->error();
    return copy_range(**text_, offset, into);
  }

 private:
  MakeText make_;
  std::once_flag made_;
  std::optional<Result<std::string>> text_;
};

}  // namespace

std::unique_ptr<Content> blob_content(Blob blob) {
  return std::make_unique<BlobContent>(std::move(blob));
}
std::unique_ptr<Content> text_content(std::string text) {
  return lazy_content([text = std::move(text)]() -> Result<std::string> { return text; });
}
std::unique_ptr<Content> lazy_content(MakeText make) {
  return std::make_unique<LazyContent>(std::move(make));
}

}  // namespace dcmfs::fs
