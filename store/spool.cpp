#include "store/spool.h"

#include <cerrno>
#include <string>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "store/detail/file_ops.h"
#include "store/detail/spool_folder.h"

namespace dcmfs {
namespace {

namespace file_ops = detail::file_ops;

std::filesystem::path beside(const std::filesystem::path& part, std::string_view suffix) {
  auto note = part;
  return note.replace_extension(suffix);
}

}  // namespace

SpoolFile::SpoolFile(SpoolFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::exchange(other.path_, {})),
      note_(std::exchange(other.note_, Note::none)) {}

SpoolFile& SpoolFile::operator=(SpoolFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(note_, other.note_);
  return *this;
}

SpoolFile::~SpoolFile() {
  if (!path_.empty()) {
    (void)file_ops::unlink(path_, "dropping a spool file");
    drop_note();
  }
  if (fd_ >= 0) ::close(fd_);
}

Result<std::int64_t> SpoolFile::size() const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) return system_error(errno, "reading the size of a spool file");
  return std::int64_t{status.st_size};
}

Result<> SpoolFile::append(std::span<const std::byte> bytes) {
  return file_ops::write_all(fd_, bytes, "writing a spool file");
}

Result<> SpoolFile::copy_from(int source_fd) {
  return file_ops::copy_all(source_fd, fd_, "copying into a spool file");
}

Result<> SpoolFile::set_name(std::string_view name) {
  drop_note();
  const auto note = beside(path_, detail::kWritingSuffix);
  DCMFS_TRY(const auto fd, file_ops::create(note, "naming a spool file"));
  note_ = Note::writing;
  return file_ops::write_all(fd.get(), std::as_bytes(std::span(name)), "naming a spool file");
}

Result<> SpoolFile::mark_complete() {
  if (note_ == Note::none) DCMFS_CHECK(set_name(""));
  DCMFS_CHECK(file_ops::rename(beside(path_, detail::kWritingSuffix),
                               beside(path_, detail::kCompleteSuffix), "marking a spool file"));
  note_ = Note::complete;
  return {};
}

void SpoolFile::release_name() {
  drop_note();
  path_.clear();
}

void SpoolFile::drop_note() {
  if (note_ == Note::none) return;
  const auto suffix = note_ == Note::writing ? detail::kWritingSuffix : detail::kCompleteSuffix;
  // A note without its file says nothing, so a failure is harmless.
  (void)file_ops::unlink(beside(path_, suffix), "dropping the name of a spool file");
  note_ = Note::none;
}

}  // namespace dcmfs
