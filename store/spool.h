#pragma once
// A file on its way into the store. It lives in STORE/spool, on the file system
// of the blobs, so that storing it moves no bytes. Dropped unless it is stored,
// rejected or kept.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

#include "store/result.h"

namespace dcmfs {

class SpoolFile {
 public:
  SpoolFile(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}
  SpoolFile(SpoolFile&&) noexcept;
  SpoolFile& operator=(SpoolFile&&) noexcept;
  ~SpoolFile();  // removes the file if it is still in the spool

  int fd() const noexcept { return fd_; }  // open for reading and writing
  const std::filesystem::path& path() const { return path_; }
  Result<std::int64_t> size() const;
  Result<> append(std::span<const std::byte>);  // at the current position of the descriptor
  // Copies a file from elsewhere, by reflink where the file system can.
  Result<> copy_from(int source_fd);

  // The name is now someone else's: the destructor closes only.
  void release_name() { path_.clear(); }

 private:
  int fd_ = -1;
  std::filesystem::path path_;
};

}  // namespace dcmfs
