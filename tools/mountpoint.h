#pragma once
// The folder that the tree is mounted on.
#include <filesystem>

#include "store/result.h"

namespace dcmfs::tools {

enum class NonEmpty : bool { refused, allowed };

// Looks whether one can mount there, and says why not. A mount that a killed dcmfs left
// behind ("Transport endpoint is not connected") is taken away. The answer is absolute.
Result<std::filesystem::path> prepare_mountpoint(const std::filesystem::path&,
                                                 const std::filesystem::path& store, NonEmpty);

}  // namespace dcmfs::tools
