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

// As much of `into` as lies before the end of a part.
std::span<std::byte> within(std::int64_t length, std::int64_t offset, std::span<std::byte> into) {
  const auto left = static_cast<std::size_t>(std::max<std::int64_t>(length - offset, 0));
  return into.first(std::min(into.size(), left));
}

class PartContent final : public Content {
 public:
  PartContent(Blob blob, std::int64_t offset, std::int64_t length)
      : blob_(std::move(blob)), offset_(offset), length_(length) {}
  Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) override {
    return blob_.read(offset_ + offset, within(length_, offset, into));
  }

 private:
  const Blob blob_;
  const std::int64_t offset_, length_;
};

class SourceContent final : public Content {
 public:
  SourceContent(std::shared_ptr<ByteSource> source, std::int64_t offset, std::int64_t length)
      : source_(std::move(source)), offset_(offset), length_(length) {}
  Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) override {
    const std::scoped_lock lock(mutex_);
    return source_->read(offset_ + offset, within(length_, offset, into));
  }

 private:
  std::mutex mutex_;
  const std::shared_ptr<ByteSource> source_;  // guarded by mutex_
  const std::int64_t offset_, length_;
};

class LazyContent final : public Content {
 public:
  LazyContent(MakeText make, bool is_slow) : make_(std::move(make)), is_slow_(is_slow) {}
  bool is_slow() const override { return is_slow_; }
  Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) override {
    std::call_once(made_, [this] { text_ = make_(); });
    if (!*text_) return text_->error();
    return copy_range(**text_, offset, into);
  }

 private:
  MakeText make_;
  const bool is_slow_;
  std::once_flag made_;
  std::optional<Result<std::string>> text_;
};

class ChangingContent final : public Content {
 public:
  explicit ChangingContent(MakeText make) : make_(std::move(make)) {}
  Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) override {
    DCMFS_TRY(const auto text, make_());
    return copy_range(text, offset, into);
  }

 private:
  const MakeText make_;
};

}  // namespace

Result<std::size_t> Content::read(std::int64_t, std::span<std::byte>) {
  return Error{Errc::busy, "has to be made first"};
}

std::unique_ptr<Content> blob_content(Blob blob) {
  return std::make_unique<BlobContent>(std::move(blob));
}
std::unique_ptr<Content> part_content(Blob blob, std::int64_t offset, std::int64_t length) {
  return std::make_unique<PartContent>(std::move(blob), offset, length);
}
std::unique_ptr<Content> source_content(std::shared_ptr<ByteSource> source, std::int64_t offset,
                                        std::int64_t length) {
  return std::make_unique<SourceContent>(std::move(source), offset, length);
}
std::unique_ptr<Content> text_content(std::string text) {
  return lazy_content([text = std::move(text)]() -> Result<std::string> { return text; });
}
std::unique_ptr<Content> lazy_content(MakeText make) {
  return std::make_unique<LazyContent>(std::move(make), false);
}
std::unique_ptr<Content> changing_content(MakeText make) {
  return std::make_unique<ChangingContent>(std::move(make));
}
std::unique_ptr<Content> slow_content(MakeText make) {
  return std::make_unique<LazyContent>(std::move(make), true);
}

}  // namespace dcmfs::fs
