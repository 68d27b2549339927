#pragma once
// The folder that the tree is mounted on.
#include <filesystem>
#include <string>
#include <string_view>

#include "store/result.h"

namespace dcmfs::tools {

enum class NonEmpty : bool { refused, allowed };

// Looks whether one can mount there, and says why not. A mount that a killed dcmfs left
// behind ("Transport endpoint is not connected") is taken away. The answer is absolute.
Result<std::filesystem::path> prepare_mountpoint(const std::filesystem::path&,
                                                 const std::filesystem::path& store, NonEmpty);

// "0:57", as mountinfo has it: of the dcmfs that is mounted there; empty if there is none.
std::string device_of_mount(const std::filesystem::path&);

// Cuts the connection of that dcmfs, whose daemon is dead but for threads that wait for somebody
// whom only the daemon could have answered. Whoever waits for the mount gets an error.
void abort_mount(const std::filesystem::path&, std::string_view device);

}  // namespace dcmfs::tools
