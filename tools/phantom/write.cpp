#include "tools/phantom/write.h"

#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "store/dicom/transfer_syntax.h"
#include "store/dicom/writer.h"

namespace dcmfs::phantom {
namespace {

Result<> make_folders(const Pieces& pieces, const std::filesystem::path& root) {
  std::set<std::string> folders;
  for (const Piece& piece : pieces) folders.insert(piece.path.substr(0, piece.path.rfind('/')));
  for (const std::string& folder : folders) {
    std::error_code error;
    std::filesystem::create_directories(root / folder, error);
    if (error) return system_error(error.value(), (root / folder).string());
  }
  return {};
}

Result<> write_file(const std::filesystem::path& path, std::string_view bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return system_error(errno, path.string());
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int reason = errno;
      ::close(fd);
      return system_error(reason, path.string());
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::close(fd) != 0) return system_error(errno, path.string());
  return {};
}

}  // namespace

Result<> write_all(const Pieces& pieces, const std::filesystem::path& root, int threads,
                   const std::function<void(std::int64_t bytes)>& each) {
  DCMFS_CHECK(make_folders(pieces, root));
  const TransferSyntax& syntax = *find_transfer_syntax(uids::ExplicitVRLittleEndian);
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::optional<Error> first;  // guarded by mutex

  const auto write_one = [&](const Piece& piece) -> Result<> {
    DCMFS_TRY(const std::string bytes, encode_file(piece.make(), syntax));
    DCMFS_CHECK(write_file(root / piece.path, bytes));
    each(static_cast<std::int64_t>(bytes.size()));
    return {};
  };
  const auto work = [&] {
    for (std::size_t i = next++; i < pieces.size() && !failed; i = next++) {
      auto written = write_one(pieces[i]);
      if (written) continue;
      const std::lock_guard lock(mutex);
      if (!first) first = std::move(written).error();
      failed = true;
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads; ++i) workers.emplace_back(work);
  }
  if (first) return *std::move(first);
  return {};
}

}  // namespace dcmfs::phantom
