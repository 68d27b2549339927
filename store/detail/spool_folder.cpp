#include "store/detail/spool_folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/detail/file_ops.h"
#include "store/dicom/text.h"
#include "store/number.h"

namespace dcmfs::detail {
namespace {

constexpr int kFolderAttemptsMax = 1000;
constexpr std::size_t kNameBytesMax = 200;  // with number and state, a file name has 255

constexpr std::array<std::string_view, 3> kStates{"part", "writing", "complete"};

bool is_at(const Fd& folder, const std::filesystem::path& path) {
  struct stat opened {
  }, there{};
  return ::fstat(folder.get(), &opened) == 0 && ::stat(path.c_str(), &there) == 0 &&
         opened.st_ino == there.st_ino && opened.st_dev == there.st_dev;
}

Fd lock_folder(const std::filesystem::path& path) {
  Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) return {};
  // Whoever had the lock before may have removed the folder.
  if (!is_at(folder, path)) return {};
  return folder;
}

}  // namespace

std::string SpoolName::str() const {
  auto text = std::to_string(number) + '.' + std::string(kStates[static_cast<std::size_t>(state)]);
  if (state == State::part) return text;
  std::string safe(cut_utf8(name, kNameBytesMax));
  std::ranges::replace_if(
      safe, [](char c) { return c == '/' || c == '\0'; }, '_');
  return text + '.' + safe;
}

std::optional<SpoolName> SpoolName::parse(std::string_view file_name) {
  SpoolName out;
  const auto number = take_whole<decltype(out.number)>(file_name);
  if (!number || !file_name.starts_with('.')) return std::nullopt;
  out.number = *number;
  file_name.remove_prefix(1);
  const auto dot = file_name.find('.');
  const auto state = std::ranges::find(kStates, file_name.substr(0, dot));
  if (state == kStates.end()) return std::nullopt;
  out.state = static_cast<State>(state - kStates.begin());
  if ((out.state == State::part) != (dot == std::string_view::npos)) return std::nullopt;
  if (dot != std::string_view::npos) out.name = file_name.substr(dot + 1);
  return out;
}

Fd lock_dead(const std::filesystem::path& folder) {
  return lock_folder(folder);
}

Result<SpoolFolder> SpoolFolder::make(const std::filesystem::path& spool) {
  for (int attempt = 0; attempt < kFolderAttemptsMax; ++attempt) {
    auto path = spool / (std::to_string(::getpid()) + "-" + std::to_string(attempt));
    std::error_code there;
    if (std::filesystem::exists(path, there)) continue;  // this process's, or of a namesake
    DCMFS_CHECK(file_ops::make_folder(path));
    // Between the two, another process may take the folder for one without an owner.
    if (Fd lock = lock_folder(path)) return SpoolFolder(std::move(lock), std::move(path));
  }
  return Error{Errc::busy, "no free folder in the spool"};
}

SpoolFolder::SpoolFolder(SpoolFolder&& other) noexcept
    : lock_(std::move(other.lock_)), path_(std::move(other.path_)), last_(other.last_.load()) {
  other.path_.clear();
}

SpoolFolder::~SpoolFolder() {
  if (!path_.empty()) (void)file_ops::remove_folder(path_);
}

Result<SpoolFile> SpoolFolder::make_file(SpoolName name) {
  name.number = ++last_;
  auto path = path_ / name.str();
  DCMFS_TRY(auto fd, file_ops::create(path, "making a spool file"));
  return SpoolFile(fd.release(), std::move(path));
}

Result<SpoolFile> SpoolFolder::file() {
  return make_file({});
}

Result<SpoolFile> SpoolFolder::file(std::string_view name) {
  return make_file({.state = SpoolName::State::writing, .name = std::string(name)});
}

Result<SpoolFile> SpoolFolder::adopt(const std::filesystem::path& path, std::string_view name) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return system_error(errno, "opening a file of the store");
  const auto state = name.empty() ? SpoolName::State::part : SpoolName::State::complete;
  auto target = path_ / SpoolName{++last_, state, std::string(name)}.str();
  DCMFS_CHECK(file_ops::rename(path, target, "moving a file into the spool"));
  return SpoolFile(fd.release(), std::move(target));
}

}  // namespace dcmfs::detail
