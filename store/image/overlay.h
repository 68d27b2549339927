#pragma once
// Overlay planes (PS3.3 C.9.2), bits that stand beside the pixels.
#include <initializer_list>
#include <optional>

#include "store/image/presentation_state.h"

namespace dcmfs {

bool is_overlay_group(std::int64_t group);
// The overlay with that group in the first of these files that has its bits, as it is at a frame (from
// 0). nullopt: none has it, it is not whole, or its bits are those of the pixels (retired in 2004).
std::optional<Overlay> find_overlay(std::initializer_list<const DicomFile*>, std::uint16_t group,
                                    int frame);

}  // namespace dcmfs
