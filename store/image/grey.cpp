#include "store/image/grey.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <type_traits>

#include "store/image/values.h"

namespace dcmfs {
namespace {

constexpr double kWhite = 255;

double apply(const Rescale& rescale, double stored) {
  return stored * rescale.slope + rescale.intercept;
}

std::int64_t index_of(double value) {
  return static_cast<std::int64_t>(std::llround(std::clamp(value, -1e9, 1e9)));
}

double apply(const Range& range, double value) {
  return range.high > range.low ? (value - range.low) / (range.high - range.low) * kWhite : 0;
}

double apply(const Lut& lut, double value) {
  return lut.at(index_of(value)) / lut.highest() * kWhite;
}

// PS3.3 C.11.2.1.2.1, C.11.2.1.3.1 and C.11.2.1.3.2.
double apply(const Window& window, double value) {
  const double c = window.center, w = window.width;
  switch (window.function) {
    case VoiFunction::linear:
      if (value <= c - 0.5 - (w - 1) / 2) return 0;
      if (value > c - 0.5 + (w - 1) / 2) return kWhite;
      return ((value - (c - 0.5)) / (w - 1) + 0.5) * kWhite;
    case VoiFunction::linear_exact:
      if (value <= c - w / 2) return 0;
      if (value > c + w / 2) return kWhite;
      return ((value - c) / w + 0.5) * kWhite;
    case VoiFunction::sigmoid:
      return kWhite / (1 + std::exp(-4 * (value - c) / w));
  }
  return 0;
}

// The finite values that are no padding, lowest and highest; nullopt if there are none.
template <class Value>
std::optional<Range> value_range(std::span<const Value> values,
                                 const std::optional<Range>& padding) {
  if constexpr (std::is_integral_v<Value>) {
    if (!padding) {
      Value low = values.front(), high = values.front();  // a loop the compiler can widen
      for (const Value value : values) {
        low = std::min(low, value);
        high = std::max(high, value);
      }
      return Range{static_cast<double>(low), static_cast<double>(high)};
    }
  }
  Range out{std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (const Value value : values) {
    const auto number = static_cast<double>(value);
    if (!std::isfinite(number) || (padding && padding->contains(number))) continue;
    out.low = std::min(out.low, number);
    out.high = std::max(out.high, number);
  }
  return out.low <= out.high ? std::optional(out) : std::nullopt;
}

// Everything that decides the grey of a value, in one place.
struct GreyScale {
  const Modality& modality;
  Voi voi;
  const std::optional<Range>& padding;
  const std::optional<Lut>& presentation;
  bool inverted;

  std::uint8_t grey(double stored) const {
    // Background is black, also where black is the highest value.
    if (std::isnan(stored) || (padding && padding->contains(stored))) return 0;
    double value = voi_value(voi, modality_value(modality, stored));
    if (presentation) value = presentation_value(*presentation, value);
    const auto rounded = static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, kWhite)));
    return inverted ? static_cast<std::uint8_t>(255 - rounded) : rounded;
  }
};

// What a Modality makes of a range of values; a look-up table need not rise.
Range modality_range(const Modality& modality, Range stored) {
  if (const auto* lut = std::get_if<Lut>(&modality)) {
    auto entry = [&](double value) {
      return std::clamp<std::int64_t>(index_of(value) - lut->first, 0,
                                      std::ssize(lut->entries) - 1);
    };
    const auto [low, high] = std::minmax_element(lut->entries.begin() + entry(stored.low),
                                                 lut->entries.begin() + entry(stored.high) + 1);
    return {static_cast<double>(*low), static_cast<double>(*high)};
  }
  const double a = modality_value(modality, stored.low), b = modality_value(modality, stored.high);
  return {std::min(a, b), std::max(a, b)};
}

template <class Value>
void paint(std::span<const Value> values, const Range& range, const GreyScale& scale,
           Buffer<std::uint8_t>& out) {
  // With fewer different values than pixels each is computed once.
  if constexpr (std::is_integral_v<Value>) {
    const double different = range.high - range.low + 1;
    if (different <= static_cast<double>(values.size())) {
      const auto low = static_cast<std::int64_t>(range.low);
      std::vector<std::uint8_t> greys(static_cast<std::size_t>(different));
      for (std::size_t i = 0; i < greys.size(); ++i) {
        greys[i] = scale.grey(static_cast<double>(low + static_cast<std::int64_t>(i)));
      }
      std::ranges::transform(values, out.begin(), [&](Value value) {
        return greys[static_cast<std::size_t>(static_cast<std::int64_t>(value) - low)];
      });
      return;
    }
  }
  std::ranges::transform(values, out.begin(),
                         [&](Value value) { return scale.grey(static_cast<double>(value)); });
}

}  // namespace

double modality_value(const Modality& modality, double stored) {
  if (const auto* lut = std::get_if<Lut>(&modality)) return lut->at(index_of(stored));
  return apply(std::get<Rescale>(modality), stored);
}

double voi_value(const Voi& voi, double value) {
  return std::visit([value](const auto& how) { return apply(how, value); }, voi);
}

double presentation_value(const Lut& lut, double voi_value) {
  const double last = static_cast<double>(lut.entries.size()) - 1;
  const double index = std::clamp(voi_value, 0.0, kWhite) / kWhite * last;
  return lut.entries[static_cast<std::size_t>(std::lround(index))] / lut.highest() * kWhite;
}

Picture grey_picture(const Frame& frame, const GreyAttributes& attributes,
                     const std::optional<Window>& window) {
  Picture out{frame.pixels.columns, frame.pixels.rows, 1, {}};
  with_values(frame, [&](auto values) {
    std::optional<Voi> voi;
    if (window) {
      voi = *window;
    } else if (attributes.voi) {
      voi = *attributes.voi;
    } else if (frame.pixels.bits_stored == 1) {
      voi = Range{0, 1};  // a mask is black and white also where it is all one
    } else if (const auto image = value_range(values, attributes.padding)) {
      voi = modality_range(attributes.modality, *image);
    }
    if (!voi) {  // nothing but background
      out.pixels.assign(values.size(), 0);
      return;
    }
    out.pixels.resize(values.size());
    const GreyScale scale{attributes.modality, *voi, attributes.padding, attributes.presentation,
                          attributes.inverted};
    paint(values, value_range(values, std::nullopt).value_or(Range{}), scale, out.pixels);
  });
  return out;
}

}  // namespace dcmfs
