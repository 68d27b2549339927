#include "store/image/numeric.h"

#include "store/image/colour.h"
#include "store/image/grey.h"

namespace dcmfs {
namespace {

constexpr std::uint8_t kSet = 255;  // a pixel of one bit

bool is_grey(const PixelDescription& pixels) {
  return pixels.channels() == 1;
}

Frame frame_of(Picture picture, const PixelDescription& pixels) {
  Frame out{pixels, {}};
  out.pixels.samples_per_pixel = picture.channels;
  out.pixels.photometric_interpretation = "RGB";
  out.pixels.bits_allocated = out.pixels.bits_stored = 8;
  out.pixels.high_bit = 7;
  out.pixels.is_signed = false;
  const auto bytes = std::as_bytes(std::span(picture.pixels));
  out.data.assign(bytes.begin(), bytes.end());
  return out;
}

// In single precision and in these steps, because Orthanc does it so and halves are rounded.
struct Stretch {
  float scale = 0, offset = 0;
  bool inverted = false;

  std::uint8_t grey(float value) const {
    const float stretched = std::isfinite(value) ? std::floor(value * scale + offset + 0.5f) : 0;
    const auto grey = static_cast<std::uint8_t>(std::clamp(stretched, 0.0f, 255.0f));
    return inverted ? static_cast<std::uint8_t>(255 - grey) : grey;
  }
};

template <class Value>
std::pair<float, float> range_of(std::span<const Value> values) {
  auto low = std::numeric_limits<Value>::max(), high = std::numeric_limits<Value>::lowest();
  for (const Value value : values) {
    if constexpr (!std::is_integral_v<Value>) {
      if (!std::isfinite(value)) continue;
    }
    low = std::min(low, value);
    high = std::max(high, value);
  }
  return {static_cast<float>(low), static_cast<float>(high)};
}

// Values of up to 16 bits have a table of those from low to high: each grey is computed once.
template <class Value>
void paint_stretched(std::span<const Value> values, float low, float high, const Stretch& stretch,
                     Buffer<std::uint8_t>& out) {
  if constexpr (std::is_integral_v<Value> && sizeof(Value) <= 2) {
    const int first = static_cast<int>(low), last = static_cast<int>(high);
    if (values.size() >= static_cast<std::size_t>(last - first)) {
      std::vector<std::uint8_t> greys;
      greys.reserve(static_cast<std::size_t>(last - first) + 1);
      for (int value = first; value <= last; ++value)
        greys.push_back(stretch.grey(static_cast<float>(value)));
      std::ranges::transform(values, out.begin(), [&](Value value) {
        return greys[static_cast<std::size_t>(value - first)];
      });
      return;
    }
  }
  std::ranges::transform(values, out.begin(),
                         [&](Value value) { return stretch.grey(static_cast<float>(value)); });
}

}  // namespace

Result<Frame> numeric_frame(const DicomFile& file, const PixelDescription& pixels, int number) {
  DCMFS_TRY(Frame frame, decode_frame(file, pixels, number));
  if (is_grey(pixels)) {
    if (pixels.bits_stored == 1) {
      for (std::byte& pixel : frame.data) pixel = pixel == std::byte{0} ? pixel : std::byte{kSet};
      frame.pixels.bits_allocated = frame.pixels.bits_stored = 8;
      frame.pixels.high_bit = 7;
    }
    return frame;
  }
  if (frame.pixels.photometric_interpretation == "RGB") return frame;
  DCMFS_TRY(Picture picture, colours_of(file, frame));
  return frame_of(std::move(picture), pixels);
}

bool may_be_rescaled(const PixelDescription& pixels) {
  return is_grey(pixels);
}

Frame rescaled(const DicomFile& file, Frame frame, int number) {
  if (!may_be_rescaled(frame.pixels)) return frame;
  const Rescale rescale = read_rescale(file, number);
  if (frame.pixels.type == PixelType::float64) {
    auto* values = reinterpret_cast<double*>(frame.data.data());
    const auto count = frame.data.size() / sizeof(double);
    for (std::size_t i = 0; i < count; ++i)
      values[i] = values[i] * rescale.slope + rescale.intercept;
    return frame;
  }
  Frame out{frame.pixels, {}};
  out.pixels.type = PixelType::float32;
  out.pixels.bits_allocated = out.pixels.bits_stored = 32;
  with_values(frame, [&](auto values) {
    out.data.resize(values.size() * sizeof(float));
    auto* to = reinterpret_cast<float*>(out.data.data());
    for (const auto value : values)
      *to++ = static_cast<float>(static_cast<double>(value) * rescale.slope + rescale.intercept);
  });
  return out;
}

Picture stretched(const Frame& frame) {
  Picture out{frame.pixels.columns, frame.pixels.rows, 1, {}};
  with_values(frame, [&](auto values) {
    out.pixels.resize(values.size());
    const auto [low, high] = range_of(values);
    Stretch stretch{.inverted = frame.pixels.photometric_interpretation == "MONOCHROME1"};
    if (high > low) {
      stretch.scale = 255.0f / (high - low);
      stretch.offset = -low * stretch.scale;
    }
    paint_stretched(values, low, high, stretch, out.pixels);
  });
  return out;
}

}  // namespace dcmfs
