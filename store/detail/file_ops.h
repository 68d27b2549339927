#pragma once
// Every operation by which the store changes its files, in one place, so that a
// test can make the Nth of them fail or die at it. Reading does not pass here,
// nor does what the index does with its own files; its commit is announced.
//
// `what` begins the message of an error: "moving a file into the store". It
// never holds a name that came from outside.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

#include <sys/types.h>

#include "store/detail/fd.h"
#include "store/result.h"
#include "store/time.h"

namespace dcmfs::detail::file_ops {

using Path = std::filesystem::path;

enum class Op : std::uint8_t {
  create,
  write,
  copy,
  sync,
  rename,
  link,
  unlink,
  make_folder,
  remove_folder,
  set_time,
  commit,
};

Result<Fd> create(const Path&, std::string_view what);  // for reading and writing; must be new
Result<> write_all(int fd, std::span<const std::byte>, std::string_view what);
// The whole of `from` to the start of `to`, by reflink where the file system can.
Result<> copy_all(int from, int to, std::string_view what);
Result<> sync_data(int fd, std::string_view what);
Result<> sync_folder(const Path&);
Result<> sync_filesystem(int fd_on_it);
// Begins to write what is dirty without waiting, so that a later sync is short. Promises nothing.
void start_writeback(int fd);
Result<> rename(const Path& from, const Path& to, std::string_view what);
Result<> link(const Path& existing, const Path& name, std::string_view what);
Result<> unlink(const Path&, std::string_view what);  // what is not there is unlinked
Result<> make_folder(const Path&);                    // what is there is made
Result<> remove_folder(const Path&);
Result<> set_modified(int fd, Time);
// Right before the index commits.
Result<> about_to_commit();

// Called before each operation: 0 lets it happen, an errno makes it fail with
// that. For tests; set it while the store is idle.
using Fault = std::function<int(Op)>;
void set_fault(Fault);

}  // namespace dcmfs::detail::file_ops
