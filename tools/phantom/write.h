#pragma once
// From pieces to files.
#include <filesystem>
#include <functional>

#include "store/result.h"
#include "tools/phantom/images.h"

namespace dcmfs::phantom {

// Makes and writes all pieces below `root` on that many threads, and calls `each` with the bytes of
// every file written (from any thread). Files are replaced and not flushed to disk. Stops at the
// first error.
Result<> write_all(const Pieces&, const std::filesystem::path& root, int threads,
                   const std::function<void(std::int64_t bytes)>& each);

}  // namespace dcmfs::phantom
