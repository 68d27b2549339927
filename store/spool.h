#pragma once
// A file on its way into the store. It lives in STORE/spool, on the file system
// of the blobs, so that storing it moves no bytes. Dropped unless it is stored,
// rejected or kept.
//
// A crash drops it as well, because nobody was promised anything yet. A file that
// somebody counts on (incoming/) is given a name: then it outlives a crash, and
// the next start imports it if it was marked complete, else rejects it after a day.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "store/result.h"

namespace dcmfs {

namespace detail {
class RunningDigest;
struct Digest;
struct SpoolName;
}  // namespace detail

class SpoolFile {
 public:
  SpoolFile(int fd, std::filesystem::path path);
  SpoolFile(SpoolFile&&) noexcept;
  SpoolFile& operator=(SpoolFile&&) noexcept;
  ~SpoolFile();  // removes the file if it is still in the spool

  int fd() const noexcept { return fd_; }  // open for reading and writing, but for one that rests
  // Many files that wait for long would take all descriptors of the process: rest() closes this one,
  // wake() opens it again, at its beginning. Meanwhile it can be named, marked, left and dropped, and
  // its size be asked.
  void rest();
  Result<> wake();
  const std::filesystem::path& path() const { return path_; }
  Result<std::int64_t> size() const;
  Result<> append(std::span<const std::byte>);  // at the current position of the descriptor
  // For who writes to fd() by other means, after each write: the bytes from `offset` on are new.
  void wrote(std::int64_t offset);
  // Hashes and sends to the disk what is there already, so that less is left to do when a file that
  // is written from its beginning to its end is stored. Many threads may call it at once.
  void look_ahead();
  // Of all bytes, which nobody writes any more.
  Result<detail::Digest> digest() const;
  // Copies a file from elsewhere, by reflink where the file system can.
  Result<> copy_from(int source_fd);

  // The name to reject it under. It is being written (again) from now on.
  Result<> set_name(std::string_view name);
  // Whoever wrote it is done. Also for a file without a name.
  Result<> mark_complete();
  // Nobody counts on it any more, until it is given a name again: a crash drops it.
  Result<> forget_name();
  // What is there, with its name and mark, outlives a power failure, too.
  Result<> make_durable();

  // The name in the spool is now someone else's: the destructor closes only.
  void release_name() { path_.clear(); }
  // Stays in the spool with its mark, for the next start: the destructor closes only.
  void leave() { path_.clear(); }

 private:
  Result<> move_to(const detail::SpoolName&);

  int fd_ = -1;
  std::filesystem::path path_;
  std::unique_ptr<detail::RunningDigest> digest_;
};

}  // namespace dcmfs
