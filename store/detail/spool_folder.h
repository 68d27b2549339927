#pragma once
// The folder of one process in STORE/spool, and the names in it:
//
//   N.part            promised to nobody
//   N.writing.NAME    somebody counts on it, and still writes; NAME is what it is called
//   N.complete.NAME   the same, but it is all there
//
// The folder is kept locked by its process, so that others know a living owner
// from a dead one. Thread safe.
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "store/detail/fd.h"
#include "store/result.h"
#include "store/spool.h"

namespace dcmfs::detail {

struct SpoolName {
  enum class State : std::uint8_t { part, writing, complete };
  std::int64_t number = 0;
  State state = State::part;
  std::string name;  // cut to what fits

  std::string str() const;
  static std::optional<SpoolName> parse(std::string_view file_name);
};

class SpoolFolder {
 public:
  static Result<SpoolFolder> make(const std::filesystem::path& spool);
  SpoolFolder(SpoolFolder&&) noexcept;
  SpoolFolder& operator=(SpoolFolder&&) = delete;
  ~SpoolFolder();  // removes the folder if nothing is left in it

  Result<SpoolFile> file();
  // One that somebody counts on, see SpoolFile::set_name().
  Result<SpoolFile> file(std::string_view name);
  // Takes over a file that stands elsewhere in the store, as complete under `name`; without one
  // it is promised to nobody.
  Result<SpoolFile> adopt(const std::filesystem::path&, std::string_view name);

 private:
  SpoolFolder(Fd lock, std::filesystem::path path)
      : lock_(std::move(lock)), path_(std::move(path)) {}
  Result<SpoolFile> make_file(SpoolName);

  Fd lock_;
  std::filesystem::path path_;
  std::atomic<std::int64_t> last_{0};
};

// Opens and locks the folder of a process that is no more; nothing if it lives.
Fd lock_dead(const std::filesystem::path& folder);

}  // namespace dcmfs::detail
