#include "store/detail/attachment_files.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/detail/attachment_rows.h"
#include "store/detail/fd.h"
#include "store/detail/file_ops.h"
#include "store/detail/md5.h"
#include "store/number.h"

namespace dcmfs::detail {
namespace {

using Path = std::filesystem::path;

constexpr std::int64_t kFilesPerFolder = 1000;
constexpr std::size_t kAttachmentsAtOnce = 1000;

// The files there, with their numbers. What is not called like one is not ours.
Result<> each_attachment_file(const Folders& folders,
                              const std::function<void(std::int64_t, const Path&)>& each) {
  std::error_code error;
  std::filesystem::recursive_directory_iterator files(folders.attachments(), error);
  if (error == std::errc::no_such_file_or_directory) return {};
  for (; !error && files != std::filesystem::recursive_directory_iterator();
       files.increment(error)) {
    std::error_code ignored;
    if (files.depth() != 1 || !files->is_regular_file(ignored)) continue;
    const std::string name = files->path().filename().string();
    if (const auto number = parse_whole<std::int64_t>(name)) each(*number, files->path());
  }
  if (error) return system_error(error.value(), "listing the attachments");
  return {};
}

std::optional<std::string_view> damage_of(const Folders& folders, const Attachment& attachment) {
  const Fd fd(::open(attachment_file(folders, attachment.number).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return "the file is missing";
  const auto found = md5_of(fd.get());
  if (!found) return "the file cannot be read";
  if (found->size != attachment.size) return "the file has another size";
  if (found->md5 != attachment.md5) return "the bytes have changed";
  return std::nullopt;
}

}  // namespace

Path attachment_folder(const Folders& folders, std::int64_t number) {
  return folders.attachments() / zero_padded(number / kFilesPerFolder, 3);
}

Path attachment_file(const Folders& folders, std::int64_t number) {
  return attachment_folder(folders, number) / zero_padded(number, 9);
}

Result<> unlink_doomed_attachments(Index& index, const Folders& folders) {
  std::vector<std::int64_t> doomed;
  DCMFS_CHECK(index.read([&](Connection& db) -> Result<> {
    DCMFS_TRY(doomed, doomed_attachments(db));
    return {};
  }));
  std::set<Path> touched;
  std::erase_if(doomed, [&](std::int64_t number) {
    if (!file_ops::unlink(attachment_file(folders, number), "removing an attachment")) return true;
    touched.insert(attachment_folder(folders, number));
    return false;
  });
  if (doomed.empty()) return {};
  // An unlinked file must not come back after its number is forgotten.
  for (const Path& folder : touched) {
    std::error_code error;
    if (std::filesystem::exists(folder, error)) DCMFS_CHECK(file_ops::sync_folder(folder));
  }
  return index.write_durably([&](Connection& db) { return forget_doomed_attachments(db, doomed); });
}

Result<std::vector<Path>> attachment_files_without_row(const Index& index, const Folders& folders) {
  std::vector<std::pair<std::int64_t, Path>> files;
  DCMFS_CHECK(each_attachment_file(
      folders, [&](std::int64_t number, const Path& path) { files.emplace_back(number, path); }));
  std::vector<Path> strays;
  DCMFS_CHECK(index.read([&](Connection& db) -> Result<> {
    for (const auto& [number, path] : files) {
      DCMFS_TRY(const bool known, is_attachment(db, number));
      if (!known) strays.push_back(path);
    }
    return {};
  }));
  return strays;
}

Result<> recover_attachments(Index& index, const Folders& folders) {
  DCMFS_CHECK(unlink_doomed_attachments(index, folders));
  DCMFS_TRY(const auto strays, attachment_files_without_row(index, folders));
  for (const Path& path : strays) DCMFS_CHECK(file_ops::unlink(path, "removing an attachment"));
  return {};
}

Result<> each_damaged_attachment(
    const Index& index, const Folders& folders,
    const std::function<void(const Attachment&, std::string_view what)>& each) {
  for (std::int64_t after = 0;;) {
    std::vector<Attachment> page;
    DCMFS_CHECK(index.read([&](Connection& db) -> Result<> {
      DCMFS_TRY(page, attachments_after(db, after, kAttachmentsAtOnce));
      return {};
    }));
    if (page.empty()) return {};
    for (const Attachment& attachment : page) {
      if (const auto damage = damage_of(folders, attachment)) each(attachment, *damage);
    }
    after = page.back().number;
  }
}

}  // namespace dcmfs::detail
