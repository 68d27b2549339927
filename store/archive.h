#pragma once
// Reading the archives that people drop in: ZIP, tar, tar.gz and ISO 9660, one
// member after the other, none of them ever written anywhere by its own name.
//
// A descriptor is read by position: its own offset is neither used nor moved.
// Functions may be called from any thread, each on its own descriptor.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/result.h"

namespace dcmfs {

class ArchiveWalk;  // private to archive.cpp

struct ArchiveLimits {
  std::int64_t members_max = 4'000'000;
  std::int64_t bytes_max = std::int64_t{4} << 40;  // unpacked, all members together
  // Unpacked for each packed byte, once kArchiveRatioGrace bytes have come out. Deflate cannot do
  // better than 1032; images that are not made for it stay below 20.
  std::int64_t ratio_max = 250;
};
inline constexpr std::int64_t kArchiveRatioGrace = std::int64_t{64} << 20;

// Why a member was left out.
enum class Skipped : std::uint8_t { link, device, encrypted, unknown_packing };
std::string_view text(Skipped);

struct ArchiveSummary {
  struct Skips {
    Skipped why;
    std::int64_t count = 0;
    std::string example;  // the name of the first
  };
  std::int64_t members = 0;    // given to `each`
  std::int64_t bytes = 0;      // read of them
  std::vector<Skips> skipped;  // by reason; directories do not count
};

// The content of the member that `each` is looking at; valid during that call only.
class MemberReader {
 public:
  // Fills `into` as far as the member reaches; 0 is its end. Errors: corrupt (of this member; those
  // after it may be whole), too_large (the archive went over a limit, and is not read further), io.
  Result<std::size_t> read(std::span<std::byte> into);

 private:
  friend class ArchiveWalk;
  explicit MemberReader(ArchiveWalk& walk) : walk_(walk) {}
  ArchiveWalk& walk_;
};

// Whether the content is an archive that unpack() can read: by its structure, not by its name. A
// DICOM file is none, whatever its preamble or its pixels look like.
Result<bool> is_archive(int fd);

// Calls `each` for every regular file in the archive, in its order, with the name as UTF-8
// (repaired where it was something else). A name is for messages: it may be hostile, never make a
// path of it. An error of `each` ends the walk and is returned, so one that wants the members after
// a corrupt one answers success. Archives inside are given like other files, not opened. Errors:
// not_supported (no archive, or of another kind), corrupt (what was whole before was given to
// `each`), too_large (over a limit), io.
Result<ArchiveSummary> unpack(
    int fd, const ArchiveLimits&,
    const std::function<Result<>(std::string_view name, MemberReader&)>& each);

}  // namespace dcmfs
