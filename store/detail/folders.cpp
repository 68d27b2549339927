#include "store/detail/folders.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <vector>

#include <sys/vfs.h>

#include "store/detail/file_ops.h"
#include "store/number.h"

namespace dcmfs::detail {
namespace {

constexpr std::int64_t kRowsPerFolder = 1000;
constexpr std::int64_t kRowsPerUpperFolder = 1'000'000;
constexpr std::string_view kBlobSuffix = ".dcm";

struct Filesystem {
  std::uint32_t magic;  // statfs(2)
  std::string_view name;
};

// clang-format off
constexpr std::array kUnsafeFilesystems{
    Filesystem{0x00006969, "NFS"},       Filesystem{0x0000517B, "SMB"},
    Filesystem{0xFF534D42, "CIFS"},      Filesystem{0xFE534D42, "SMB2"},
    Filesystem{0x00C36400, "Ceph"},      Filesystem{0x0BD00BD0, "Lustre"},
    Filesystem{0x65735546, "FUSE"},      Filesystem{0x01021997, "9p"},
    Filesystem{0x5346414F, "AFS"},       Filesystem{0x6B414653, "AFS"},
    Filesystem{0x73757245, "Coda"},      Filesystem{0x0000564C, "NCP"},
    Filesystem{0x01161970, "GFS2"},      Filesystem{0x7461636F, "OCFS2"},
    Filesystem{0x47504653, "GPFS"},      Filesystem{0x19830326, "BeeGFS"},
    Filesystem{0xAAD7AAEA, "PanFS"},     Filesystem{0x20030528, "OrangeFS"},
    Filesystem{0x786F4256, "VirtualBox shared folder"},
};
// clang-format on

// The numbers that the names in a folder are, after `suffix` is cut off, from `low` on, ascending.
Result<std::vector<std::int64_t>> numbers_in(const std::filesystem::path& folder,
                                             std::string_view suffix, std::int64_t low) {
  std::vector<std::int64_t> numbers;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  while (!error && entries != std::filesystem::directory_iterator()) {
    const std::string name = entries->path().filename().string();
    if (name.ends_with(suffix)) {
      const auto number =
          parse_whole<std::int64_t>(std::string_view(name).substr(0, name.size() - suffix.size()));
      if (number && *number >= low) numbers.push_back(*number);
    }
    entries.increment(error);
  }
  if (error) return system_error(error.value(), "listing a folder of the store");
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

std::filesystem::path Folders::blob_folder(RowId row) const {
  const std::int64_t n = value(row);
  return blobs() / zero_padded(n / kRowsPerUpperFolder, 4) /
         zero_padded(n / kRowsPerFolder % 1000, 3);
}

std::filesystem::path Folders::blob(RowId row) const {
  return blob_folder(row) / (zero_padded(value(row), 9) + std::string(kBlobSuffix));
}

Result<Blob> Folders::open_blob(RowId row) const {
  return Blob::open(blob(row), "opening the file of instance " + std::to_string(value(row)));
}

Result<> Folders::each_blob(RowId after, const std::function<bool(RowId)>& each) const {
  const std::int64_t low = value(after) + 1;
  DCMFS_TRY(const auto uppers, numbers_in(blobs(), "", low / kRowsPerUpperFolder));
  for (const std::int64_t upper : uppers) {
    const std::int64_t first = upper * kRowsPerUpperFolder;
    const std::int64_t from = std::max<std::int64_t>(0, low - first) / kRowsPerFolder;
    DCMFS_TRY(const auto lowers, numbers_in(blobs() / zero_padded(upper, 4), "", from));
    for (const std::int64_t lower : lowers) {
      const auto folder = blob_folder(RowId{first + lower * kRowsPerFolder});
      DCMFS_TRY(const auto rows, numbers_in(folder, kBlobSuffix, low));
      for (const std::int64_t row : rows) {
        if (!each(RowId{row})) return {};
      }
    }
  }
  return {};
}

Result<> Folders::make_root() const {
  std::error_code error;
  if (std::filesystem::is_directory(root_, error)) return {};
  std::filesystem::create_directories(root_.parent_path(), error);
  return file_ops::make_folder(root_);
}

Result<> Folders::make() const {
  for (const auto& folder : {spool(), rejected(), trash(), outbox(), attachments(), blobs()}) {
    DCMFS_CHECK(file_ops::make_folder(folder));
  }
  return file_ops::sync_folder(root_);
}

Result<> Folders::check_filesystem() const {
  struct statfs status {};
  if (::statfs(root_.c_str(), &status) != 0) {
    if (errno == ENOENT) return Error{Errc::not_found, "there is no such folder"};
    return system_error(errno, "asking for the file system of the store");
  }
  const auto magic = static_cast<std::uint32_t>(status.f_type);
  for (const Filesystem& unsafe : kUnsafeFilesystems) {
    if (magic == unsafe.magic) {
      return Error{Errc::not_supported, "the store is on " + std::string(unsafe.name) +
                                            ", where a crash or a second host can lose it"};
    }
  }
  return {};
}

}  // namespace dcmfs::detail
