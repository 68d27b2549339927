#pragma once
#include <filesystem>

namespace dcmfs {

// Of the project, absolute. (__FILE__ is relative where a compiler cache is shared between clones.)
std::filesystem::path source_folder();

}  // namespace dcmfs
