#pragma once
// The body of a request on its way in: unpacked, taken apart, and kept in memory or in the spool of
// the store, piece by piece as it arrives.
#include <cstddef>
#include <memory>
#include <span>

#include "rest/http/message.h"
#include "rest/http/route.h"
#include "store/result.h"
#include "store/store.h"

namespace dcmfs::rest {

struct IntakeLimits {
  std::int64_t body_bytes_max = 0;  // as sent; 0: none
  std::int64_t text_bytes_max = std::int64_t{128} << 20;
};

class Intake {
 public:
  // Bodies of files up to here stay in memory, until somebody asks for a file; of parts so many that
  // they stay below the second. The file of a part rests (spool.h): file_of() and text_of() wake it.
  static constexpr std::size_t kMemoryBytesMax = 64 << 10;
  static constexpr std::size_t kPartsInMemoryBytesMax = 16 << 20;
  // Of the headers of all parts, which cannot go to the spool.
  static constexpr std::size_t kPartHeaderBytesMax = 64 << 20;

  Intake(Takes, const Headers&, Store&, const IntakeLimits&);
  ~Intake();

  // Not two at a time. May block on the disk. too_large: over a limit; invalid_argument: not what
  // its headers say; not_supported: an encoding that we do not know; no_space, io.
  Result<> take(std::span<const std::byte>);
  // The end: moves what came into the request.
  Result<> finish(Request&);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// The body as a file in the spool, wherever it is now.
Result<SpoolFile> file_of(Body&&, Store&);
// The body as text; too_large if it is longer.
Result<std::string> text_of(Body&&, std::int64_t bytes_max);

}  // namespace dcmfs::rest
