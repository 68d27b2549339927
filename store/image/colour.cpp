#include "store/image/colour.h"

#include <algorithm>

#include "store/image/values.h"

namespace dcmfs {
namespace {

// red = luminance * (Y - black) + red_cr * Cr ..., chrominance counted from 128.
struct ColourSpace {
  std::string_view name;
  double luminance, black;
  double red_cr, green_cb, green_cr, blue_cb;
};

// clang-format off
constexpr ColourSpace kColourSpaces[] = {
    {"YBR_FULL",        1.0,     0, 1.4020, -0.3441, -0.7141, 1.7720},
    {"YBR_PARTIAL_422", 1.1644, 16, 1.5960, -0.3917, -0.8130, 2.0173},
};
// clang-format on

const ColourSpace* find_colour_space(std::string_view name) {
  const auto* found = std::ranges::find(kColourSpaces, name, &ColourSpace::name);
  return found == std::end(kColourSpaces) ? nullptr : found;
}

Picture empty_picture(const PixelDescription& pixels) {
  Picture out{pixels.columns, pixels.rows, 3, {}};
  out.pixels.resize(3 * static_cast<std::size_t>(pixels.columns) *
                    static_cast<std::size_t>(pixels.rows));
  return out;
}

constexpr int kFraction = 16;  // bits behind the point
constexpr int fixed(double value) {
  return static_cast<int>(value * (1 << kFraction) + (value < 0 ? -0.5 : 0.5));
}

std::uint8_t rounded(int value) {
  return static_cast<std::uint8_t>(
      std::clamp((value + (1 << (kFraction - 1))) >> kFraction, 0, 255));
}

void to_rgb(std::span<const std::uint8_t> ybr, const ColourSpace& space,
            std::vector<std::uint8_t>& rgb) {
  const int luminance = fixed(space.luminance), black = fixed(space.luminance * space.black);
  const int red_cr = fixed(space.red_cr), blue_cb = fixed(space.blue_cb);
  const int green_cb = fixed(space.green_cb), green_cr = fixed(space.green_cr);
  for (std::size_t i = 0; i + 3 <= ybr.size(); i += 3) {
    const int y = ybr[i] * luminance - black;
    const int cb = ybr[i + 1] - 128, cr = ybr[i + 2] - 128;
    rgb[i] = rounded(y + red_cr * cr);
    rgb[i + 1] = rounded(y + green_cb * cb + green_cr * cr);
    rgb[i + 2] = rounded(y + blue_cb * cb);
  }
}

}  // namespace

bool is_luminance_chrominance(std::string_view name) {
  return find_colour_space(name) != nullptr;
}

Picture colour_picture(const Frame& frame) {
  Picture out = empty_picture(frame.pixels);
  const ColourSpace* space = find_colour_space(frame.pixels.photometric_interpretation);
  if (space) {
    to_rgb(values_as<std::uint8_t>(frame), *space, out.pixels);
    return out;
  }
  if (frame.pixels.bits_allocated == 8 && frame.pixels.bits_stored == 8) {
    std::ranges::copy(values_as<std::uint8_t>(frame), out.pixels.begin());
    return out;
  }
  const std::uint64_t highest = (std::uint64_t{1} << frame.pixels.bits_stored) - 1;
  with_values(frame, [&](auto values) {
    std::ranges::transform(values, out.pixels.begin(), [highest](auto value) {
      return static_cast<std::uint8_t>((static_cast<std::uint64_t>(value) * 255 + highest / 2) /
                                       highest);
    });
  });
  return out;
}

Picture palette_picture(const Frame& frame, const Palette& palette) {
  Picture out = empty_picture(frame.pixels);
  with_values(frame, [&](auto values) {
    auto to = out.pixels.begin();
    for (const auto value : values) {
      const auto index = static_cast<std::int64_t>(value);
      *to++ = palette.eight_bits(palette.red.at(index));
      *to++ = palette.eight_bits(palette.green.at(index));
      *to++ = palette.eight_bits(palette.blue.at(index));
    }
  });
  return out;
}

}  // namespace dcmfs
