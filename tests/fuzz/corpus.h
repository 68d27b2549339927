#pragma once
// What the fuzz tests begin with.
#include <string>
#include <string_view>
#include <vector>

namespace dcmfs::fuzz {

// The inputs that are kept in corpus/<target>: seeds, and everything that once was a bug.
std::vector<std::string> kept_inputs(std::string_view target);

// DICOM files to damage: one of each kind of picture and encoding that can be made here, those of
// corpus/dataset, of dcmfs-phantom, and of the shared test data those of at most `bytes_max`, if it
// is there.
std::vector<std::string> good_files(std::size_t bytes_max);

}  // namespace dcmfs::fuzz
