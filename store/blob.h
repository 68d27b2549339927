#pragma once
// An open stored file: an owned descriptor and its size. Readable from any
// thread, at any offset, also after the instance has been removed.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "store/result.h"

namespace dcmfs {

class Blob {
 public:
  Blob(int fd, std::int64_t size) noexcept : fd_(fd), size_(size) {}
  // The file as long as it is now; no link. `what` begins the message of an error, not_found among them:
  // "opening a stored file".
  static Result<Blob> open(const std::filesystem::path&, std::string_view what);
  Blob(Blob&&) noexcept;
  Blob& operator=(Blob&&) noexcept;
  ~Blob();

  std::int64_t size() const noexcept { return size_; }
  int fd() const noexcept { return fd_; }  // for splice and mmap; the Blob keeps it
  // Fills `into` as far as the file reaches; fewer bytes mean its end.
  Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) const;

 private:
  int fd_ = -1;
  std::int64_t size_ = 0;
};

}  // namespace dcmfs
