#include "store/spool.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/detail/digest.h"
#include "store/detail/file_ops.h"
#include "store/detail/spool_folder.h"

namespace dcmfs {
namespace {

namespace file_ops = detail::file_ops;
using State = detail::SpoolName::State;

// Smaller pieces are not worth a round of their own.
constexpr std::int64_t kAheadBytesMin = 128 << 10;
// Of one call, which follows a write: enough to catch up, and a hole of gigabytes is not waited for.
constexpr std::int64_t kAheadBytesMax = 4 << 20;

}  // namespace

SpoolFile::SpoolFile(int fd, std::filesystem::path path)
    : fd_(fd), path_(std::move(path)), digest_(std::make_unique<detail::RunningDigest>()) {}

SpoolFile::SpoolFile(SpoolFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::exchange(other.path_, {})),
      digest_(std::move(other.digest_)) {}

SpoolFile& SpoolFile::operator=(SpoolFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(digest_, other.digest_);
  return *this;
}

SpoolFile::~SpoolFile() {
  if (!path_.empty()) (void)file_ops::unlink(path_, "dropping a spool file");
  if (fd_ >= 0) ::close(fd_);
}

void SpoolFile::rest() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Result<> SpoolFile::wake() {
  if (fd_ >= 0) return {};
  fd_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd_ < 0) return system_error(errno, "opening a spool file again");
  return {};
}

Result<std::int64_t> SpoolFile::size() const {
  struct stat status {};
  const int failed = fd_ >= 0 ? ::fstat(fd_, &status) : ::lstat(path_.c_str(), &status);
  if (failed != 0) return system_error(errno, "reading the size of a spool file");
  return std::int64_t{status.st_size};
}

Result<> SpoolFile::append(std::span<const std::byte> bytes) {
  return file_ops::write_all(fd_, bytes, "writing a spool file");
}

void SpoolFile::wrote(std::int64_t offset) {
  digest_->wrote(offset);
}

void SpoolFile::look_ahead() {
  const auto end = size();
  if (!end || *end < digest_->at() + kAheadBytesMin) return;
  file_ops::start_writeback(fd_);
  // What fails here fails again when it is stored.
  (void)digest_->advance(fd_, std::min(*end, digest_->at() + kAheadBytesMax));
}

Result<detail::Digest> SpoolFile::digest() const {
  return digest_->finish(fd_);
}

Result<> SpoolFile::copy_from(int source_fd) {
  digest_->wrote(0);
  return file_ops::copy_all(source_fd, fd_, "copying into a spool file");
}

Result<> SpoolFile::set_name(std::string_view name) {
  const auto now = detail::SpoolName::parse(path_.filename().string());
  if (!now) return Error{Errc::invalid_argument, "not a spool file"};
  return move_to({now->number, State::writing, std::string(name)});
}

Result<> SpoolFile::mark_complete() {
  const auto now = detail::SpoolName::parse(path_.filename().string());
  if (!now) return Error{Errc::invalid_argument, "not a spool file"};
  if (now->state == State::complete) return {};
  return move_to({now->number, State::complete, now->name});
}

Result<> SpoolFile::forget_name() {
  const auto now = detail::SpoolName::parse(path_.filename().string());
  if (!now) return Error{Errc::invalid_argument, "not a spool file"};
  if (now->state == State::part) return {};
  return move_to({now->number, State::part, {}});
}

Result<> SpoolFile::make_durable() {
  DCMFS_CHECK(file_ops::sync_data(fd_, "syncing a spool file"));
  const auto folder = path_.parent_path();
  DCMFS_CHECK(file_ops::sync_folder(folder));
  return file_ops::sync_folder(folder.parent_path());  // this process made a folder there
}

Result<> SpoolFile::move_to(const detail::SpoolName& name) {
  auto target = path_.parent_path() / name.str();
  DCMFS_CHECK(file_ops::rename(path_, target, "marking a spool file"));
  path_ = std::move(target);
  return {};
}

}  // namespace dcmfs
