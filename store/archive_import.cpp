#include "store/archive_import.h"

#include <span>
#include <string>
#include <vector>

#include "store/companion.h"

namespace dcmfs {
namespace {

constexpr std::size_t kMemberBlockBytes = 256 << 10;
static_assert(kMemberBlockBytes >= kCompanionHeadBytes);

const Error kStopped{Errc::cancelled, "stopped before the end of an archive"};
const Error kNested{Errc::not_supported, "an archive within an archive is not unpacked"};

// As much as the member still has.
Result<std::size_t> fill(MemberReader& reader, std::span<std::byte> into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    DCMFS_TRY(const std::size_t n, reader.read(into.subspan(filled)));
    if (n == 0) break;
    filled += n;
  }
  return filled;
}

Result<> import_member(std::string_view name, MemberReader& reader, std::span<std::byte> block,
                       const ArchiveImport& how) {
  if (how.stopped()) return kStopped;
  DCMFS_TRY(auto file, how.spool());
  for (bool first = true;; first = false) {
    const auto n = fill(reader, block);
    if (!n && n.error().code == Errc::corrupt) {
      return how.refuse(name, std::move(file), n.error());  // those after it may be whole
    }
    if (!n) return n.error();
    if (first &&
        is_companion(last_part_of_member(name), block.first(std::min(*n, kCompanionHeadBytes)))) {
      how.ignore(name);
      return {};
    }
    DCMFS_CHECK(file.append(block.first(*n)));
    if (*n < block.size()) break;
    if (how.stopped()) return kStopped;
  }
  DCMFS_TRY(const bool nested, is_archive(file.fd()));
  return nested ? how.refuse(name, std::move(file), kNested) : how.take(name, std::move(file));
}

}  // namespace

Result<ArchiveSummary> import_archive(int fd, const ArchiveImport& how) {
  std::vector<std::byte> block(kMemberBlockBytes);
  return unpack(fd, {}, [&](std::string_view name, MemberReader& reader) {
    return import_member(name, reader, block, how);
  });
}

std::string_view last_part_of_member(std::string_view name) {
  return name.substr(name.find_last_of("/\\") + 1);  // ZIP files have been seen with both
}

std::optional<Error> missed(const ArchiveSummary& summary) {
  for (const auto& skips : summary.skipped) {
    // What a link points to is another member.
    if (skips.why == Skipped::link || skips.why == Skipped::device) continue;
    return Error{Errc::not_supported, "members were left out (" + std::to_string(skips.count) +
                                          "): " + std::string(text(skips.why))};
  }
  return std::nullopt;
}

}  // namespace dcmfs
