#include "rest/orthanc/archive_source.h"

#include <cstring>

#include <zlib.h>

#include "store/dicom/byte_source.h"
#include "store/stable_hash.h"
#include "store/transcode.h"
#include "store/zip_file.h"
#include "store/zip_stream.h"

namespace dcmfs::rest {
namespace {

constexpr const char* kDirectoryName = "DICOMDIR";

// Computed: nothing is read that was not asked for.
class StoredArchive : public Source {
 public:
  StoredArchive(const Store& store, ArchiveContents contents)
      : store_(store),
        contents_(std::move(contents)),
        zip_(members(contents_),
             [this](std::size_t index, std::int64_t offset, std::span<std::byte> into) {
               return read_member(index, offset, into);
             }) {}

  std::int64_t size() const { return zip_.size(); }
  Result<std::size_t> read(std::span<std::byte> into) override {
    DCMFS_TRY(const auto n, zip_.read(offset_, into));
    offset_ += static_cast<std::int64_t>(n);
    return n;
  }
  bool seek(std::int64_t offset) override {
    offset_ = offset;
    return true;
  }

 private:
  static std::vector<ZipMember> members(const ArchiveContents& contents) {
    std::vector<ZipMember> out;
    for (const auto& member : contents.members)
      out.push_back({member.name, member.stored.size, member.stored.crc32, member.stored.received});
    if (!contents.directory.empty()) {
      const auto* bytes = reinterpret_cast<const Bytef*>(contents.directory.data());
      out.push_back({kDirectoryName, std::ssize(contents.directory),
                     static_cast<std::uint32_t>(crc32_z(0, bytes, contents.directory.size())),
                     contents.made});
    }
    return out;
  }

  Result<> read_member(std::size_t index, std::int64_t offset, std::span<std::byte> into) {
    if (index == contents_.members.size()) {
      std::memcpy(into.data(), contents_.directory.data() + offset, into.size());
      return {};
    }
    if (!blob_ || blob_index_ != index) {
      DCMFS_TRY(blob_, store_.open_file(contents_.members[index].instance));
      blob_index_ = index;
    }
    DCMFS_TRY(const auto n, blob_->read(offset, into));
    if (n != into.size()) return Error{Errc::corrupt, "a stored file is shorter than it was"};
    return {};
  }

  const Store& store_;
  const ArchiveContents contents_;
  ZipFile zip_;
  std::int64_t offset_ = 0;
  std::optional<Blob> blob_;  // of the member that was read last
  std::size_t blob_index_ = 0;
};

class DeflatedArchive : public Source {
 public:
  DeflatedArchive(Store& store, ArchiveContents contents, const ArchiveOptions& options)
      : store_(store),
        contents_(std::move(contents)),
        options_(options),
        zip_([this] { return next(); }, options.level) {}
  Result<std::size_t> read(std::span<std::byte> into) override { return zip_.read(into); }

 private:
  Result<std::optional<ZipStream::Member>> next() {
    offset_ = 0;
    if (index_ < contents_.members.size()) {
      const ArchiveMember& member = contents_.members[index_++];
      DCMFS_CHECK(open(member));
      return std::optional(ZipStream::Member{member.name, member.stored.received,
                                             [this](auto into) { return read_file(into); }});
    }
    if (index_++ > contents_.members.size() || contents_.directory.empty())
      return std::optional<ZipStream::Member>();
    return std::optional(ZipStream::Member{kDirectoryName, contents_.made,
                                           [this](auto into) { return read_directory(into); }});
  }

  Result<> open(const ArchiveMember& member) {
    DCMFS_TRY(blob_, store_.open_file(member.instance));
    transcoded_.reset();
    if (options_.transcode == nullptr || member.stored.transfer_syntax == options_.transcode->uid ||
        !may_become_uncompressed(member.stored.transfer_syntax))
      return {};
    auto made = transcode(store_, *blob_, *options_.transcode, TranscodedAs::file);
    if (made) {
      transcoded_ = *std::move(made);
      return {};
    }
    const bool stays = made.error().code == Errc::not_supported ||
                       made.error().code == Errc::corrupt || made.error().code == Errc::too_large;
    return stays ? Result<>() : Result<>(std::move(made).error());
  }

  Result<std::size_t> read_file(std::span<std::byte> into) {
    Result<std::size_t> n = 0;
    if (transcoded_) {
      DCMFS_TRY(const auto size, transcoded_->size());
      n = file_source(transcoded_->fd(), size)->read(offset_, into);
    } else {
      n = blob_->read(offset_, into);
    }
    if (n) offset_ += static_cast<std::int64_t>(*n);
    return n;
  }
  Result<std::size_t> read_directory(std::span<std::byte> into) {
    const auto part = std::string_view(contents_.directory)
                          .substr(static_cast<std::size_t>(offset_), into.size());
    std::memcpy(into.data(), part.data(), part.size());
    offset_ += std::ssize(part);
    return part.size();
  }

  Store& store_;
  const ArchiveContents contents_;
  const ArchiveOptions options_;
  std::size_t index_ = 0;
  std::optional<Blob> blob_;
  std::optional<SpoolFile> transcoded_;
  std::int64_t offset_ = 0;
  ZipStream zip_;
};

}  // namespace

Streamed archive_body(Store& store, ArchiveContents contents, const ArchiveOptions& options) {
  if (options.level > 0 || options.transcode != nullptr)
    return {std::make_unique<DeflatedArchive>(store, std::move(contents), options), std::nullopt};
  auto source = std::make_unique<StoredArchive>(store, std::move(contents));
  const auto size = source->size();
  return {std::move(source), size};
}

std::string etag_of(const ArchiveContents& contents) {
  // What differs has another name, size or content.
  std::uint64_t hash = kHashOfNothing;
  for (const auto& member : contents.members)
    hash = stable_hash(member.stored.sha256, stable_hash(member.name, hash));
  hash = stable_hash(contents.directory, hash);
  return "zip." + std::to_string(hash) + '.' + std::to_string(contents.members.size());
}

}  // namespace dcmfs::rest
