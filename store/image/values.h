#pragma once
// The stored values of a frame as what they are: integers of some width, or floating point.
#include <cstdint>
#include <span>

#include "store/image/image.h"

namespace dcmfs {

template <class Value>
std::span<const Value> values_as(const Frame& frame) {
  return {reinterpret_cast<const Value*>(frame.data.data()), frame.data.size() / sizeof(Value)};
}

// Calls `use` with a span of the frame's values in their own type.
template <class Use>
decltype(auto) with_values(const Frame& frame, Use&& use) {
  const bool is_signed = frame.pixels.is_signed;
  if (frame.pixels.type == PixelType::float32) return use(values_as<float>(frame));
  if (frame.pixels.type == PixelType::float64) return use(values_as<double>(frame));
  switch (frame.bytes_per_sample()) {
    case 1:
      return is_signed ? use(values_as<std::int8_t>(frame)) : use(values_as<std::uint8_t>(frame));
    case 2:
      return is_signed ? use(values_as<std::int16_t>(frame)) : use(values_as<std::uint16_t>(frame));
    default:
      return is_signed ? use(values_as<std::int32_t>(frame)) : use(values_as<std::uint32_t>(frame));
  }
}

}  // namespace dcmfs
