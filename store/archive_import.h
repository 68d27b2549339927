#pragma once
// The members of an archive that somebody dropped whole, each brought into the
// spool and handed on to be stored. Who calls says what becomes of each: see
// ArchiveImport. May be called from any thread.
#include <functional>
#include <optional>
#include <string_view>

#include "store/archive.h"
#include "store/result.h"
#include "store/spool.h"

namespace dcmfs {

struct ArchiveImport {
  std::function<Result<SpoolFile>()> spool;
  // A whole member, which may be an image. An error ends the import.
  std::function<Result<>(std::string_view name, SpoolFile)> take;
  // One that stands beside images (store/companion.h).
  std::function<void(std::string_view name)> ignore;
  // One that could not be unpacked (corrupt; the spool file has what could), or that is an archive
  // itself (not_supported: one that contains itself would never end). An error ends the import.
  std::function<Result<>(std::string_view name, SpoolFile, const Error&)> refuse;
  // Asked now and then; then the import ends with `cancelled`.
  std::function<bool()> stopped;
};

// Errors: those of unpack(), of spool(), take() and refuse(), and cancelled. What was taken before
// stays taken, so to begin again meets it again.
Result<ArchiveSummary> import_archive(int fd, const ArchiveImport&);

// Of a member's name, for messages and rejected/.
std::string_view last_part_of_member(std::string_view name);

// Why the archive must be kept although it was read to its end: members that nobody got to see.
std::optional<Error> missed(const ArchiveSummary&);

}  // namespace dcmfs
