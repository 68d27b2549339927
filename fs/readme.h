#pragma once
// The README.txt files of the mounted tree.
#include <string_view>

#include "store/time.h"

namespace dcmfs::fs {

std::string_view readme_text();
std::string_view find_readme_text();

// Their modification time: when the texts were last written, so that it is the same on every mount.
inline constexpr Time kReadmeWritten{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

}  // namespace dcmfs::fs
