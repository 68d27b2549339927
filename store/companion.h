#pragma once
// What stands beside the images on a patient CD and is none: DICOMDIR, README,
// autorun.inf, viewers and their libraries, pictures of them, what file managers
// leave behind. Whoever takes whole folders ignores these; a file that claims to
// be DICOM, by its first bytes or by a name like *.dcm, is never one (but the DICOMDIR).
#include <cstddef>
#include <span>
#include <string_view>

namespace dcmfs {

inline constexpr std::size_t kCompanionHeadBytes = 1024;

// By its first bytes (PS3.10 7.1): a preamble of 128 bytes, then the prefix.
bool claims_to_be_dicom(std::span<const std::byte> head);

// `name`: the last part of the path. `head`: the first bytes of the file, kCompanionHeadBytes if it
// has as many. Answers from the content where it says enough, else from the name.
bool is_companion(std::string_view name, std::span<const std::byte> head);

}  // namespace dcmfs
