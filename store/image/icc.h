#pragma once
// Colour profiles (ICC.1): what the colours of a picture mean (PS3.3 C.11.15, PS3.18 8.3.5.1.5).
#include <cstdint>
#include <initializer_list>
#include <string>

#include "store/image/render.h"

namespace dcmfs {

enum class IccProfile : std::uint8_t { none, own, srgb, adobe_rgb, romm_rgb, display_p3 };

// The profile that the picture is to be sent with. For `own` that of the first file that has one, or
// names a space that is known (ColorSpace); for the named spaces the colours become those of that space.
// not_supported: the picture is grey, no file says what its colours mean, or the profile that it has is
// damaged, or not one of red, green and blue. The picture is as it was, then.
Result<std::string> apply_profile(Picture&, std::initializer_list<const DicomFile*>, IccProfile);

}  // namespace dcmfs
