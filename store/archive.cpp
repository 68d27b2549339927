#include "store/archive.h"

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/companion.h"
#include "store/dicom/text.h"
#include "store/read_at.h"

namespace dcmfs {
namespace {

constexpr std::size_t kBlockBytes = 256 << 10;
constexpr std::size_t kTarBlockBytes = 512;
constexpr std::int64_t kIsoMagicOffset = 0x8001;  // ECMA-119 8.1: the first volume descriptor

// libarchive converts names by the locale of the thread, and "C" knows no letters beyond ASCII.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{})) {
    if (locale_) before_ = uselocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() {
    if (!locale_) return;
    uselocale(before_);
    freelocale(locale_);
  }

 private:
  locale_t locale_;
  locale_t before_ = LC_GLOBAL_LOCALE;
};

Result<std::size_t> read_archive(int fd, std::int64_t offset, std::span<char> into) {
  return read_at(fd, offset, std::as_writable_bytes(into), "reading the archive");
}

// POSIX.1-1988 ustar: the sum of all bytes of the header, its own field (148 to 155) taken as
// spaces.
bool is_tar_header(std::string_view block) {
  if (block.size() < kTarBlockBytes || block[0] == '\0') return false;
  unsigned sum = 0;
  for (std::size_t i = 0; i < kTarBlockBytes; ++i)
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(block[i]);
  unsigned written = 0;
  bool any_digit = false;
  for (const char c : block.substr(148, 8)) {
    if (c == ' ' && !any_digit) continue;
    if (c < '0' || c > '7') break;
    written = written * 8 + static_cast<unsigned>(c - '0');
    any_digit = true;
  }
  return any_digit && written == sum;
}

struct CloseArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};

std::string name_of(archive_entry* entry) {
  if (const char* utf8 = archive_entry_pathname_utf8(entry)) return repair_utf8(utf8);
  if (const char* raw = archive_entry_pathname(entry)) return repair_utf8(raw);
  return {};
}

// nullopt: it is an ordinary file.
std::optional<Skipped> reason_to_skip(archive_entry* entry) {
  if (archive_entry_hardlink(entry) || archive_entry_filetype(entry) == AE_IFLNK)
    return Skipped::link;
  if (archive_entry_filetype(entry) != AE_IFREG) return Skipped::device;
  if (archive_entry_is_encrypted(entry)) return Skipped::encrypted;
  return std::nullopt;
}

}  // namespace

// One pass through one archive: libarchive's handle, what was read, and the limits.
class ArchiveWalk {
 public:
  ArchiveWalk(int fd, std::int64_t file_bytes, const ArchiveLimits& limits)
      : fd_(fd), file_bytes_(file_bytes), limits_(limits), archive_(archive_read_new()) {}

  Result<> open();
  Result<ArchiveSummary> run(const std::function<Result<>(std::string_view, MemberReader&)>& each);
  // The first header can be read, or the archive is whole and empty.
  bool has_readable_start();
  Result<std::size_t> read_member(std::span<std::byte> into);

 private:
  static la_ssize_t read_block(archive*, void* self, const void** block);
  static la_int64_t skip(archive*, void* self, la_int64_t bytes);
  static la_int64_t seek(archive*, void* self, la_int64_t offset, int whence);

  Result<> visit(archive_entry*, const std::function<Result<>(std::string_view, MemberReader&)>&);
  Result<> skip_member(std::string name, Skipped why);
  Result<> check_limits() const;
  Error broken(std::string_view what) const;

  int fd_;
  std::int64_t file_bytes_;
  ArchiveLimits limits_;
  std::unique_ptr<archive, CloseArchive> archive_;
  std::vector<char> block_ = std::vector<char>(kBlockBytes);
  std::int64_t position_ = 0;
  std::int64_t packed_read_ = 0;
  std::optional<Error> failed_read_;  // of the operating system
  bool member_corrupt_ = false;
  std::int64_t skipped_ = 0;
  ArchiveSummary summary_;
};

Result<std::size_t> MemberReader::read(std::span<std::byte> into) {
  return walk_.read_member(into);
}

la_ssize_t ArchiveWalk::read_block(archive* a, void* self, const void** block) {
  auto& walk = *static_cast<ArchiveWalk*>(self);
  auto got = read_archive(walk.fd_, walk.position_, walk.block_);
  if (!got) {
    walk.failed_read_ = std::move(got).error();
    archive_set_error(a, EIO, "read failed");
    return -1;
  }
  walk.position_ += static_cast<std::int64_t>(*got);
  walk.packed_read_ += static_cast<std::int64_t>(*got);
  *block = walk.block_.data();
  return static_cast<la_ssize_t>(*got);
}

la_int64_t ArchiveWalk::skip(archive*, void* self, la_int64_t bytes) {
  auto& walk = *static_cast<ArchiveWalk*>(self);
  const auto step = std::min<la_int64_t>(bytes, walk.file_bytes_ - walk.position_);
  if (step <= 0) return 0;
  walk.position_ += step;
  return step;
}

la_int64_t ArchiveWalk::seek(archive*, void* self, la_int64_t offset, int whence) {
  auto& walk = *static_cast<ArchiveWalk*>(self);
  const std::int64_t base = whence == SEEK_SET   ? 0
                            : whence == SEEK_CUR ? walk.position_
                                                 : walk.file_bytes_;
  if (base + offset < 0) return ARCHIVE_FATAL;
  walk.position_ = base + offset;
  return walk.position_;
}

Result<> ArchiveWalk::open() {
  archive* a = archive_.get();
  if (!a) return Error{Errc::io, "no memory to read the archive"};
  archive_read_support_format_zip(a);
  archive_read_support_format_tar(a);
  archive_read_support_format_iso9660(a);
  archive_read_support_filter_gzip(a);
  archive_read_set_read_callback(a, read_block);
  archive_read_set_skip_callback(a, skip);
  archive_read_set_seek_callback(a, seek);
  archive_read_set_callback_data(a, this);
  if (archive_read_open1(a) == ARCHIVE_OK) return {};
  if (failed_read_) return *failed_read_;
  return Error{Errc::not_supported, "not a ZIP, tar, tar.gz or ISO 9660 archive"};
}

bool ArchiveWalk::has_readable_start() {
  archive_entry* entry = nullptr;
  const int status = archive_read_next_header(archive_.get(), &entry);
  return status == ARCHIVE_OK || status == ARCHIVE_WARN || status == ARCHIVE_EOF;
}

Error ArchiveWalk::broken(std::string_view what) const {
  if (failed_read_) return *failed_read_;
  return {Errc::corrupt, "the archive is broken: " + std::string(what)};
}

Result<> ArchiveWalk::check_limits() const {
  if (summary_.members + skipped_ > limits_.members_max)
    return Error{Errc::too_large,
                 "the archive has more than " + std::to_string(limits_.members_max) + " members"};
  if (summary_.bytes > limits_.bytes_max)
    return Error{Errc::too_large, "the archive unpacks to more than " +
                                      std::to_string(limits_.bytes_max) + " bytes"};
  // Members may overlap, so what was read can be more than there is.
  const std::int64_t packed = std::max<std::int64_t>(1, std::min(packed_read_, file_bytes_));
  if (summary_.bytes > kArchiveRatioGrace && summary_.bytes / packed > limits_.ratio_max)
    return Error{Errc::too_large, "the archive unpacks to more than " +
                                      std::to_string(limits_.ratio_max) + " times its size"};
  return {};
}

Result<std::size_t> ArchiveWalk::read_member(std::span<std::byte> into) {
  if (into.empty()) return std::size_t{0};
  const la_ssize_t n = archive_read_data(archive_.get(), into.data(), into.size());
  if (n < 0) {
    member_corrupt_ = true;
    return broken("a member cannot be unpacked");
  }
  summary_.bytes += n;
  DCMFS_CHECK(check_limits());
  return static_cast<std::size_t>(n);
}

Result<> ArchiveWalk::skip_member(std::string name, Skipped why) {
  ++skipped_;
  auto& all = summary_.skipped;
  const auto same = std::find_if(all.begin(), all.end(),
                                 [&](const ArchiveSummary::Skips& s) { return s.why == why; });
  if (same == all.end())
    all.push_back({why, 1, std::move(name)});
  else
    ++same->count;
  return check_limits();
}

Result<> ArchiveWalk::visit(archive_entry* entry,
                            const std::function<Result<>(std::string_view, MemberReader&)>& each) {
  if (archive_entry_filetype(entry) == AE_IFDIR && !archive_entry_hardlink(entry)) return {};
  std::string name = name_of(entry);
  if (const auto why = reason_to_skip(entry)) return skip_member(std::move(name), *why);
  ++summary_.members;
  DCMFS_CHECK(check_limits());
  MemberReader reader(*this);
  DCMFS_CHECK(each(name, reader));
  return check_limits();  // also if `each` took the error for one of the member
}

Result<ArchiveSummary> ArchiveWalk::run(
    const std::function<Result<>(std::string_view, MemberReader&)>& each) {
  while (true) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(archive_.get(), &entry);
    if (status == ARCHIVE_EOF) break;
    if (status == ARCHIVE_FATAL || (status == ARCHIVE_FAILED && !entry))
      return broken("it ends early or contradicts itself");
    if (status == ARCHIVE_FAILED) {
      DCMFS_CHECK(skip_member(name_of(entry), Skipped::unknown_packing));
      continue;
    }
    DCMFS_CHECK(visit(entry, each));
  }
  if (failed_read_) return *failed_read_;
  if (member_corrupt_) return broken("a member cannot be unpacked");
  return std::move(summary_);
}

namespace {

Result<std::int64_t> size_of(int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0) return system_error(errno, "the archive");
  return std::int64_t{status.st_size};
}

}  // namespace

std::string_view text(Skipped why) {
  switch (why) {
    case Skipped::link:
      return "a link in an archive";
    case Skipped::device:
      return "a device in an archive";
    case Skipped::encrypted:
      return "encrypted in an archive";
    case Skipped::unknown_packing:
      return "packed in a way that is not supported";
  }
  return "";
}

Result<bool> is_archive(int fd) {
  char head[kTarBlockBytes];
  DCMFS_TRY(const std::size_t got, read_archive(fd, 0, head));
  const std::string_view block(head, got);
  using namespace std::string_view_literals;
  if (claims_to_be_dicom(std::as_bytes(std::span(head).first(got)))) return false;

  bool may_be = block.starts_with("PK\3\4"sv) || block.starts_with("PK\5\6"sv) ||
                block.starts_with("\x1f\x8b\x08"sv) || is_tar_header(block);
  if (!may_be) {
    char magic[5];
    DCMFS_TRY(const std::size_t there, read_archive(fd, kIsoMagicOffset, magic));
    may_be = std::string_view(magic, there) == "CD001"sv;
  }
  if (!may_be) return false;

  const Utf8Locale utf8;
  DCMFS_TRY(const std::int64_t bytes, size_of(fd));
  ArchiveWalk walk(fd, bytes, {});
  if (auto opened = walk.open(); !opened) {
    if (opened.error().code == Errc::not_supported) return false;
    return std::move(opened).error();
  }
  return walk.has_readable_start();
}

Result<ArchiveSummary> unpack(
    int fd, const ArchiveLimits& limits,
    const std::function<Result<>(std::string_view name, MemberReader&)>& each) {
  const Utf8Locale utf8;
  DCMFS_TRY(const std::int64_t bytes, size_of(fd));
  ArchiveWalk walk(fd, bytes, limits);
  DCMFS_CHECK(walk.open());
  return walk.run(each);
}

}  // namespace dcmfs
