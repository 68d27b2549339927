#include <algorithm>
#include <cmath>

#include "store/image/grey.h"

namespace dcmfs {
namespace {

constexpr Tag kPixelIntensityRelationship{0x0028, 0x1040};

constexpr std::string_view kXRayAngiographic = "1.2.840.10008.5.1.4.1.1.12.1";
constexpr std::string_view kXRayRadiofluoroscopic = "1.2.840.10008.5.1.4.1.1.12.2";
constexpr std::string_view kLabelMapSegmentation = "1.2.840.10008.5.1.4.1.1.66.7";

// PS3.3 C.7.6.16: the macro of one frame, else that of all frames, else the data set itself.
const Dataset& functional_group(const Dataset& dataset, int frame, Tag macro) {
  const Dataset* groups[] = {
      dataset.item(tags::PerFrameFunctionalGroupsSequence, static_cast<std::size_t>(frame)),
      dataset.item(tags::SharedFunctionalGroupsSequence),
  };
  for (const Dataset* group : groups) {
    const Dataset* item = group ? group->item(macro) : nullptr;
    if (item) return *item;
  }
  return dataset;
}

// PS3.3 C.8.7.1.1.2: the Modality LUT of these images leads to X-ray intensity
// and is not for display.
bool is_for_display(const Dataset& dataset) {
  const std::string sop_class = dataset.text_or(tags::SOPClassUID, "");
  const bool is_projection = sop_class == kXRayAngiographic || sop_class == kXRayRadiofluoroscopic;
  const std::string relationship = dataset.text_or(kPixelIntensityRelationship, "");
  return !is_projection || (relationship != "LOG" && relationship != "DISP");
}

// `slope`: where the frame does not say.
Rescale read_rescale(const Dataset& dataset, int frame, double slope) {
  const Dataset& group = functional_group(dataset, frame, tags::PixelValueTransformationSequence);
  const Rescale out{group.number(tags::RescaleSlope).value_or(slope),
                    group.number(tags::RescaleIntercept).value_or(0)};
  const bool is_usable = std::isfinite(out.slope) && std::isfinite(out.intercept) && out.slope != 0;
  return is_usable ? out : Rescale{};
}

Modality read_modality(const DicomFile& file, const PixelDescription& pixels, int frame) {
  const Dataset& dataset = file.dataset;
  if (!is_for_display(dataset)) return Rescale{};
  const Dataset* lut_item = dataset.item(tags::ModalityLUTSequence);
  if (lut_item && pixels.type == PixelType::integer) {
    const auto sign = pixels.is_signed ? Signedness::is_signed : Signedness::is_unsigned;
    if (auto lut = read_lut(file, *lut_item, sign)) return *std::move(lut);
  }
  const auto scaling = dataset.number(tags::DoseGridScaling);  // PS3.3 C.8.8.3: of RT Dose
  return read_rescale(dataset, frame, scaling.value_or(1));
}

VoiFunction read_function(const Dataset& group) {
  const std::string name = group.text_or(tags::VOILUTFunction, "LINEAR");
  if (name == "LINEAR_EXACT") return VoiFunction::linear_exact;
  if (name == "SIGMOID") return VoiFunction::sigmoid;
  return VoiFunction::linear;
}

// PS3.3 C.11.2.1.2.1: the width is at least 1, of the other functions more than 0.
bool is_usable(const Window& window) {
  return std::isfinite(window.center) && std::isfinite(window.width) &&
         (window.function == VoiFunction::linear ? window.width >= 1 : window.width > 0);
}

bool has_negative_values(const Modality& modality, const PixelDescription& pixels) {
  const auto* rescale = std::get_if<Rescale>(&modality);
  return rescale && (pixels.is_signed || rescale->intercept < 0);
}

// PS3.3 C.7.6.24 and C.7.6.25: of floating point pixels.
std::optional<Range> padding_of(const Dataset& dataset, Tag value, Tag limit) {
  const auto first = dataset.number(value);
  if (!first) return std::nullopt;
  const double last = dataset.number(limit).value_or(*first);
  return Range{std::min(*first, last), std::max(*first, last)};
}

// PS3.3 C.7.5.1.1.2: one value, or all between that and the limit. In a label
// map (PS3.3 C.8.20.2) it is the label of the background, a label like others.
std::optional<Range> read_padding(const Dataset& dataset, const PixelDescription& pixels) {
  if (dataset.text_or(tags::SOPClassUID, "") == kLabelMapSegmentation) return std::nullopt;
  if (pixels.type == PixelType::float32) {
    return padding_of(dataset, tags::FloatPixelPaddingValue, tags::FloatPixelPaddingRangeLimit);
  }
  if (pixels.type == PixelType::float64) {
    return padding_of(dataset, tags::DoubleFloatPixelPaddingValue,
                      tags::DoubleFloatPixelPaddingRangeLimit);
  }
  const auto value = dataset.integer(tags::PixelPaddingValue);
  if (!value) return std::nullopt;
  // Implicit VR does not tell US from SS; PixelRepresentation does.
  auto as_stored = [&](std::int64_t n) {
    return static_cast<double>(pixels.is_signed ? static_cast<std::int16_t>(n) : n & 0xffff);
  };
  const double first = as_stored(*value);
  const double last = as_stored(dataset.integer(tags::PixelPaddingRangeLimit).value_or(*value));
  return Range{std::min(first, last), std::max(first, last)};
}

// PS3.3 C.11.6.1.1.2: the shape, where there is one, says it all.
bool is_inverted(const Dataset& dataset, const PixelDescription& pixels) {
  const std::string shape = dataset.text_or(tags::PresentationLUTShape, "");
  if (shape.empty()) return pixels.photometric_interpretation == "MONOCHROME1";
  return shape == "INVERSE";
}

}  // namespace

std::optional<Voi> read_voi(const DicomFile& file, const Dataset& item,
                            const PixelDescription& pixels, const Modality& modality) {
  const auto center = item.number(tags::WindowCenter);
  const auto width = item.number(tags::WindowWidth);
  if (center && width) {
    const Window window{*center, *width, read_function(item)};
    if (is_usable(window)) return window;
  }
  if (const Dataset* table = item.item(tags::VOILUTSequence)) {
    const auto sign =
        has_negative_values(modality, pixels) ? Signedness::is_signed : Signedness::is_unsigned;
    if (auto lut = read_lut(file, *table, sign)) return *std::move(lut);
  }
  return std::nullopt;
}

Range possible_values(const PixelDescription& pixels, const Modality& modality) {
  if (const auto* lut = std::get_if<Lut>(&modality)) return {0, lut->highest()};
  const double count = std::ldexp(1.0, pixels.bits_stored);
  const double low = pixels.is_signed ? -count / 2 : 0;
  const double a = modality_value(modality, low), b = modality_value(modality, low + count - 1);
  return {std::min(a, b), std::max(a, b)};
}

Rescale read_rescale(const DicomFile& file, int frame) {
  return read_rescale(file.dataset, frame, 1);
}

GreyAttributes read_grey_attributes(const DicomFile& file, const PixelDescription& pixels,
                                    int frame) {
  GreyAttributes out;
  out.modality = read_modality(file, pixels, frame);
  // PS3.3 C.7.6.16.2.10b: the group may hold a look-up table, too.
  out.voi = read_voi(file, functional_group(file.dataset, frame, tags::FrameVOILUTSequence), pixels,
                     out.modality);
  out.padding = read_padding(file.dataset, pixels);
  if (const Dataset* item = file.dataset.item(tags::PresentationLUTSequence)) {
    out.presentation = read_lut(file, *item, Signedness::is_unsigned);
  }
  out.inverted = !out.presentation && is_inverted(file.dataset, pixels);
  return out;
}

}  // namespace dcmfs
