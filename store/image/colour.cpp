#include "store/image/colour.h"

#include <algorithm>
#include <array>
#include <cmath>

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
  out.pixels.assign(
      3 * static_cast<std::size_t>(pixels.columns) * static_cast<std::size_t>(pixels.rows), 0);
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

void to_rgb_8(std::span<const std::uint8_t> ybr, const ColourSpace& space,
              Buffer<std::uint8_t>& rgb) {
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

std::uint8_t eight_bits(double part) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(part, 0.0, 1.0) * 255));
}

struct Rgb {  // 0 to 1
  double red, green, blue;
};

// PS3.3 C.7.6.3.1.2: chrominance 0 is half of full scale, black and white of YBR_PARTIAL are
// fractions of it; so a sample of more bits is one of 8 with more behind the point.
Rgb to_rgb(const ColourSpace& space, std::span<const double> sample) {
  constexpr double kHalf = 128, kHighest = 255, kScale = 256;
  const double y = (sample[0] * kScale - space.black) * space.luminance;
  const double cb = sample[1] * kScale - kHalf, cr = sample[2] * kScale - kHalf;
  return {(y + space.red_cr * cr) / kHighest,
          (y + space.green_cb * cb + space.green_cr * cr) / kHighest,
          (y + space.blue_cb * cb) / kHighest};
}

// DICOM 1993, C.7.6.3.1.2: hue goes round the colours red, green, blue.
Rgb hsv_to_rgb(std::span<const double> sample) {
  const double hue = sample[0] * 6, saturation = sample[1], value = sample[2];
  const auto channel = [&](double offset) {
    const double k = std::fmod(offset + hue, 6);
    return value - value * saturation * std::clamp(std::min(k, 4 - k), 0.0, 1.0);
  };
  return {channel(5), channel(3), channel(1)};
}

// DICOM 1993, C.7.6.3.1.2: the highest sample is the most ink.
Rgb cmyk_to_rgb(std::span<const double> sample) {
  return {1 - sample[0] - sample[3], 1 - sample[1] - sample[3], 1 - sample[2] - sample[3]};
}

template <class To>
To put_entry(const Palette& palette, std::int64_t index, To to) {
  for (const Lut* lut : {&palette.red, &palette.green, &palette.blue}) {
    *to++ = palette.eight_bits(lut->at(index));
  }
  return to;
}

// Calls `convert` with the samples of each pixel; `highest` is what their greatest value becomes.
template <class Convert>
void convert_pixels(const Frame& frame, double highest, Convert convert,
                    Buffer<std::uint8_t>& rgb) {
  const auto samples = static_cast<std::size_t>(frame.pixels.samples_per_pixel);
  const double scale = highest / (std::ldexp(1, frame.pixels.bits_stored) - 1);
  with_values(frame, [&](auto values) {
    std::array<double, 4> sample{};
    for (std::size_t i = 0, to = 0; i + samples <= values.size(); i += samples, to += 3) {
      for (std::size_t s = 0; s < samples; ++s)
        sample[s] = static_cast<double>(values[i + s]) * scale;
      const Rgb colour = convert(std::span<const double>(sample));
      rgb[to] = eight_bits(colour.red);
      rgb[to + 1] = eight_bits(colour.green);
      rgb[to + 2] = eight_bits(colour.blue);
    }
  });
}

}  // namespace

Picture colour_picture(const Frame& frame) {
  Picture out = empty_picture(frame.pixels);
  const ColourSpace* space = find_colour_space(frame.pixels.photometric_interpretation);
  const bool is_eight = frame.pixels.bits_allocated == 8 && frame.pixels.bits_stored == 8;
  if (space && is_eight) {
    to_rgb_8(values_as<std::uint8_t>(frame), *space, out.pixels);
    return out;
  }
  if (space) {
    // 2^n - 1 is just below full scale, as 255 is below 256.
    const double highest = 1 - std::ldexp(1, -frame.pixels.bits_stored);
    convert_pixels(
        frame, highest, [&](auto sample) { return to_rgb(*space, sample); }, out.pixels);
    return out;
  }
  if (frame.pixels.photometric_interpretation == "HSV") {
    convert_pixels(frame, 1, hsv_to_rgb, out.pixels);
    return out;
  }
  if (frame.pixels.photometric_interpretation == "CMYK") {
    convert_pixels(frame, 1, cmyk_to_rgb, out.pixels);
    return out;
  }
  if (is_eight) {
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

Picture argb_picture(const Frame& frame, const Palette* palette) {
  Picture out = empty_picture(frame.pixels);
  const double highest = std::ldexp(1, frame.pixels.bits_stored) - 1;
  with_values(frame, [&](auto values) {
    auto to = out.pixels.begin();
    for (std::size_t i = 0; i + 4 <= values.size(); i += 4) {
      const auto alpha = static_cast<std::int64_t>(values[i]);
      if (palette && alpha > 0) {
        to = put_entry(*palette, alpha, to);
        continue;
      }
      for (std::size_t s = 1; s < 4; ++s) {
        *to++ = eight_bits(static_cast<double>(values[i + s]) / highest);
      }
    }
  });
  return out;
}

Picture palette_picture(const Frame& frame, const Palette& palette) {
  Picture out = empty_picture(frame.pixels);
  with_values(frame, [&](auto values) {
    auto to = out.pixels.begin();
    for (const auto value : values) to = put_entry(palette, static_cast<std::int64_t>(value), to);
  });
  return out;
}

Result<Picture> colours_of(const DicomFile& file, const Frame& frame) {
  const std::string& photometric = frame.pixels.photometric_interpretation;
  if (photometric == "PALETTE COLOR") {
    DCMFS_TRY(const Palette palette, read_palette(file, frame.pixels));
    return palette_picture(frame, palette);
  }
  if (photometric == "ARGB") {
    const auto palette = read_palette(file, frame.pixels);
    return argb_picture(frame, palette ? &*palette : nullptr);
  }
  return colour_picture(frame);
}

}  // namespace dcmfs
