#include "store/image/presentation_state.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <tuple>

#include "store/dicom/text.h"
#include "store/image/overlay.h"
#include "store/image/picture_tags.h"

namespace dcmfs {
namespace {

constexpr std::string_view kGrayscaleState = "1.2.840.10008.5.1.4.1.1.11.1";
constexpr std::string_view kColorState = "1.2.840.10008.5.1.4.1.1.11.2";

constexpr std::size_t kPointsMax = 200'000;  // of all that is drawn
constexpr std::size_t kTextsMax = 1'000;
constexpr std::size_t kTextLinesMax = 50;
constexpr std::size_t kTextBytesMaxOfState = 20'000;
constexpr std::size_t kImagesMax = 100'000;  // that it is for
constexpr int kSplineSteps = 12;
constexpr int kCurveSteps = 180;

// PS3.3 table 10-3: an item without frames is for all of them.
bool names(const Dataset& reference, const std::string& instance, int frame) {
  if (reference.text_or(tags::ReferencedSOPInstanceUID, "") != instance) return false;
  const auto frames = reference.numbers(tags::ReferencedFrameNumber);
  return frames.empty() || std::ranges::find(frames, frame + 1) != frames.end();
}

const std::vector<Dataset>& items_of(const Dataset& dataset, Tag sequence) {
  static const std::vector<Dataset> kNone;
  const Element* element = dataset.find(sequence);
  return element == nullptr ? kNone : element->items;
}

struct OfImage {
  std::string instance;
  int frame;

  // Items of displayed areas, VOI LUTs and annotations name the images that they are for, or none: all.
  bool concerns(const Dataset& item) const {
    const auto& references = items_of(item, tags::ReferencedImageSequence);
    return references.empty() || std::ranges::any_of(references, [&](const Dataset& one) {
             return names(one, instance, frame);
           });
  }
};

std::uint8_t grey_of_p_value(std::int64_t value) {
  return static_cast<std::uint8_t>((std::clamp<std::int64_t>(value, 0, 65535) * 255 + 32767) /
                                   65535);
}

// PS3.3 C.10.7.1.1: L* and a*, b* in 16 bits, of white D50; to sRGB (IEC 61966-2-1).
std::optional<Ink> ink_of_cielab(const Dataset& item, Tag tag) {
  const auto lab = item.numbers(tag);
  if (lab.size() != 3) return std::nullopt;
  const double l = lab[0] * 100 / 65535, a = lab[1] * 255 / 65535 - 128,
               b = lab[2] * 255 / 65535 - 128;
  const auto linear = [](double t) {
    return t > 6.0 / 29 ? t * t * t : 3 * (6.0 / 29) * (6.0 / 29) * (t - 4.0 / 29);
  };
  const double fy = (l + 16) / 116;
  const double x = 0.9642 * linear(fy + a / 500), y = linear(fy), z = 0.8249 * linear(fy - b / 200);
  const auto coded = [](double v) {
    v = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
    return static_cast<std::uint8_t>(std::lround(std::clamp(v, 0.0, 1.0) * 255));
  };
  return Ink{coded(3.1338561 * x - 1.6168667 * y - 0.4906146 * z),
             coded(-0.9787684 * x + 1.9161415 * y + 0.0334540 * z),
             coded(0.0719453 * x - 0.2289914 * y + 1.4052427 * z)};
}

// --- shutter

std::optional<DisplayShutter> read_shutter(const DicomFile& state, const DicomFile& image,
                                           int frame) {
  const Dataset& dataset = state.dataset;
  DisplayShutter out;
  bool any = false;
  for (const auto& shape : dataset.texts(picture_tags::ShutterShape)) {
    if (shape == "RECTANGULAR") {
      const auto left = dataset.integer(picture_tags::ShutterLeftVerticalEdge),
                 right = dataset.integer(picture_tags::ShutterRightVerticalEdge);
      const auto upper = dataset.integer(picture_tags::ShutterUpperHorizontalEdge),
                 lower = dataset.integer(picture_tags::ShutterLowerHorizontalEdge);
      if (!left || !right || !upper || !lower) continue;
      out.rectangle = DisplayShutter::Rectangle{*left, *right, *upper, *lower};
    } else if (shape == "CIRCULAR") {
      const auto center = dataset.numbers(picture_tags::CenterOfCircularShutter);
      const auto radius = dataset.number(picture_tags::RadiusOfCircularShutter);
      if (center.size() != 2 || !radius) continue;
      out.circle = DisplayShutter::Circle{center[0], center[1], *radius};
    } else if (shape == "POLYGONAL") {
      const auto vertices = dataset.numbers(picture_tags::VerticesOfThePolygonalShutter);
      if (vertices.size() < 6) continue;
      out.polygon.clear();
      for (std::size_t i = 0; i + 1 < vertices.size() && out.polygon.size() < kPointsMax; i += 2)
        out.polygon.push_back({vertices[i + 1] - 0.5, vertices[i] - 0.5});
    } else if (shape == "BITMAP") {
      const auto group = dataset.integer(picture_tags::ShutterOverlayGroup);
      if (!group || !is_overlay_group(*group)) continue;
      out.bitmap = find_overlay({&state, &image}, static_cast<std::uint16_t>(*group), frame);
      if (!out.bitmap) continue;
    } else {
      continue;
    }
    any = true;
  }
  if (!any) return std::nullopt;
  if (const auto value = dataset.integer(picture_tags::ShutterPresentationValue))
    out.ink = Ink::grey(grey_of_p_value(*value));
  if (const auto ink = ink_of_cielab(dataset, picture_tags::ShutterPresentationColorCIELabValue))
    out.ink = *ink;
  return out;
}

// --- what is drawn

std::vector<Point> points_of(const Dataset& item, Tag tag) {
  const auto numbers = item.numbers(tag);
  std::vector<Point> out;
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2)
    out.push_back({numbers[i], numbers[i + 1]});
  return out;
}

Units units_of(const Dataset& item, Tag tag) {
  return item.text_or(tag, "PIXEL") == "DISPLAY" ? Units::display : Units::pixel;
}

std::vector<Point> ellipse(Point centre, Point first, Point second) {  // its two half axes
  std::vector<Point> out;
  for (int i = 0; i <= kCurveSteps; ++i) {
    const double turn = 2 * std::numbers::pi * i / kCurveSteps;
    out.push_back({centre.x + std::cos(turn) * first.x + std::sin(turn) * second.x,
                   centre.y + std::cos(turn) * first.y + std::sin(turn) * second.y});
  }
  return out;
}

// Through all the points, by Catmull and Rom: the standard leaves the way to the reader (C.10.5.1.2).
std::vector<Point> spline(const std::vector<Point>& points) {
  if (points.size() < 3) return points;
  const auto last = points.size() - 1;
  const bool is_closed = points.front() == points.back();
  std::vector<Point> out{points.front()};
  for (std::size_t i = 0; i < last; ++i) {
    const Point a = i > 0 ? points[i - 1] : is_closed ? points[last - 1] : points[0];
    const Point b = points[i], c = points[i + 1];
    const Point d = i + 2 <= last ? points[i + 2] : is_closed ? points[1] : points[last];
    for (int step = 1; step <= kSplineSteps; ++step) {
      const double t = static_cast<double>(step) / kSplineSteps, t2 = t * t, t3 = t2 * t;
      const auto mix = [&](double p, double q, double r, double s) {
        return 0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t2 +
                      (3 * q - p - 3 * r + s) * t3);
      };
      out.push_back({mix(a.x, b.x, c.x, d.x), mix(a.y, b.y, c.y, d.y)});
    }
  }
  return out;
}

// PS3.3 C.10.5.1.2. nullopt: too few points, or a type that it does not know.
std::optional<GraphicShape> read_shape(const Dataset& item) {
  auto points = points_of(item, picture_tags::GraphicData);
  const auto type = item.text_or(picture_tags::GraphicType, "");
  GraphicShape out;
  out.units = units_of(item, picture_tags::GraphicAnnotationUnits);
  out.is_filled = item.text_or(picture_tags::GraphicFilled, "N") == "Y";
  if (type == "POINT" && !points.empty()) {
    out.is_point = true;
    out.path = {points.front()};
  } else if (type == "POLYLINE" && points.size() >= 2) {
    out.path = std::move(points);
  } else if (type == "INTERPOLATED" && points.size() >= 2) {
    out.path = spline(points);
  } else if (type == "CIRCLE" && points.size() == 2) {
    const double radius = std::hypot(points[1].x - points[0].x, points[1].y - points[0].y);
    out.path = ellipse(points[0], {radius, 0}, {0, radius});
  } else if (type == "ELLIPSE" && points.size() == 4) {
    const auto half = [](Point a, Point b) { return Point{(b.x - a.x) / 2, (b.y - a.y) / 2}; };
    const Point centre{(points[0].x + points[1].x) / 2, (points[0].y + points[1].y) / 2};
    out.path = ellipse(centre, half(points[0], points[1]), half(points[2], points[3]));
  } else {
    return std::nullopt;
  }
  out.is_filled = out.is_filled && out.path.size() > 2;
  return out;
}

std::optional<GraphicText> read_text(const Dataset& item) {
  GraphicText out;
  const std::string text = item.text_or(picture_tags::UnformattedTextValue, "");
  std::string_view rest = text;
  while (!rest.empty() && out.lines.size() < kTextLinesMax) {
    const auto end = std::min(rest.find_first_of("\r\n"), rest.size());
    out.lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + (rest.substr(end).starts_with("\r\n") ? 2 : 1)));
  }
  const auto first = points_of(item, picture_tags::BoundingBoxTopLeftHandCorner),
             second = points_of(item, picture_tags::BoundingBoxBottomRightHandCorner);
  if (!first.empty() && !second.empty()) {
    const Units units = units_of(item, picture_tags::BoundingBoxAnnotationUnits);
    out.box = {PlacedPoint{first[0], units}, PlacedPoint{second[0], units}};
  }
  if (const auto anchor = points_of(item, picture_tags::AnchorPoint); !anchor.empty())
    out.anchor = PlacedPoint{anchor[0], units_of(item, picture_tags::AnchorPointAnnotationUnits)};
  out.anchor_is_visible = item.text_or(picture_tags::AnchorPointVisibility, "N") == "Y";
  const auto justification =
      item.text_or(picture_tags::BoundingBoxTextHorizontalJustification, "LEFT");
  out.justification = justification == "CENTER"  ? Justification::center
                      : justification == "RIGHT" ? Justification::right
                                                 : Justification::left;
  if (out.lines.empty() || (!out.box && !out.anchor)) return std::nullopt;
  return out;
}

DrawnLayer& layer_named(std::vector<DrawnLayer>& layers, const std::string& name) {
  const auto found = std::ranges::find(layers, name, &DrawnLayer::name);
  if (found != layers.end()) return *found;
  layers.emplace_back().name = name;
  return layers.back();
}

Result<std::vector<DrawnLayer>> read_layers(const DicomFile& state, const DicomFile& image,
                                            const OfImage& of) {
  std::vector<DrawnLayer> out;
  for (const Dataset& item : items_of(state.dataset, picture_tags::GraphicLayerSequence)) {
    DrawnLayer layer;
    layer.name = item.text_or(picture_tags::GraphicLayer, "");
    layer.order = item.integer(picture_tags::GraphicLayerOrder).value_or(0);
    if (const auto value = item.integer(picture_tags::GraphicLayerRecommendedDisplayGrayscaleValue))
      layer.ink = Ink::grey(grey_of_p_value(*value));
    if (const auto ink =
            ink_of_cielab(item, picture_tags::GraphicLayerRecommendedDisplayCIELabValue))
      layer.ink = *ink;
    out.push_back(std::move(layer));
    if (out.size() > kTextsMax) return Error{Errc::not_supported, "too many graphic layers"};
  }
  std::size_t points = 0, texts = 0, bytes = 0;
  for (const Dataset& annotation :
       items_of(state.dataset, picture_tags::GraphicAnnotationSequence)) {
    if (!of.concerns(annotation)) continue;
    DrawnLayer& layer = layer_named(out, annotation.text_or(picture_tags::GraphicLayer, ""));
    for (const Dataset& item : items_of(annotation, picture_tags::GraphicObjectSequence)) {
      auto shape = read_shape(item);
      if (!shape) continue;
      points += shape->path.size();
      if (points > kPointsMax) return Error{Errc::not_supported, "too many points of graphics"};
      layer.shapes.push_back(*std::move(shape));
    }
    for (const Dataset& item : items_of(annotation, picture_tags::TextObjectSequence)) {
      auto text = read_text(item);
      if (!text) continue;
      for (const auto& line : text->lines) bytes += line.size();
      if (++texts > kTextsMax || bytes > kTextBytesMaxOfState)
        return Error{Errc::not_supported, "too much text"};
      layer.texts.push_back(*std::move(text));
    }
  }
  // PS3.3 C.11.7: an overlay of the image, or of the state itself, is shown where a layer activates it.
  for (std::uint16_t group = 0x6000; group <= 0x601e;
       group = static_cast<std::uint16_t>(group + 2)) {
    const auto name =
        state.dataset.text_or(Tag{group, picture_tags::OverlayActivationLayer.element}, "");
    if (name.empty()) continue;
    if (auto overlay = find_overlay({&state, &image}, group, of.frame))
      layer_named(out, name).overlays.push_back(*std::move(overlay));
  }
  std::ranges::stable_sort(out, {}, &DrawnLayer::order);
  return out;
}

// --- where and how large

std::optional<DisplayedArea> read_area(const Dataset& state, const OfImage& of) {
  const auto& items = items_of(state, picture_tags::DisplayedAreaSelectionSequence);
  const auto found =
      std::ranges::find_if(items, [&](const Dataset& item) { return of.concerns(item); });
  if (found == items.end()) return std::nullopt;
  const auto first = found->numbers(picture_tags::DisplayedAreaTopLeftHandCorner),
             second = found->numbers(picture_tags::DisplayedAreaBottomRightHandCorner);
  const auto is_place = [](double v) { return std::abs(v) < 1e10; };
  if (first.size() != 2 || second.size() != 2 || !std::ranges::all_of(first, is_place) ||
      !std::ranges::all_of(second, is_place))
    return std::nullopt;
  DisplayedArea out;
  std::tie(out.left, out.right) = std::minmax({std::llround(first[0]), std::llround(second[0])});
  std::tie(out.top, out.bottom) = std::minmax({std::llround(first[1]), std::llround(second[1])});
  out.magnifies = found->text_or(picture_tags::PresentationSizeMode, "") == "MAGNIFY";
  const double magnification =
      found->number(picture_tags::PresentationPixelMagnificationRatio).value_or(1);
  if (out.magnifies && magnification > 0 && std::isfinite(magnification))
    out.magnification = magnification;
  auto ratio = found->numbers(picture_tags::PresentationPixelSpacing);
  if (ratio.size() != 2) ratio = found->numbers(picture_tags::PresentationPixelAspectRatio);
  if (ratio.size() == 2 && ratio[0] > 0 && ratio[1] > 0 && ratio[0] / ratio[1] < 64 &&
      ratio[1] / ratio[0] < 64)
    out.aspect = ratio[0] / ratio[1];
  return out;
}

GreyAttributes read_grey(const DicomFile& state, const DicomFile& image,
                         const PixelDescription& pixels, const OfImage& of) {
  // PS3.4 N.2: what the state does not say is no transformation, whatever the image says.
  GreyAttributes out = read_grey_attributes(state, pixels, of.frame);
  out.voi = std::nullopt;
  for (const Dataset& item : items_of(state.dataset, picture_tags::SoftcopyVOILUTSequence)) {
    if (!of.concerns(item)) continue;
    out.voi = read_voi(state, item, pixels, out.modality);
    break;
  }
  if (!out.voi) out.voi = possible_values(pixels, out.modality);
  out.padding = read_grey_attributes(image, pixels, of.frame).padding;
  return out;
}

}  // namespace

bool is_presentation_state(const Dataset& dataset) {
  const auto sop_class = dataset.text_or(tags::SOPClassUID, "");
  return sop_class == kGrayscaleState || sop_class == kColorState;
}

std::vector<ReferencedImage> referenced_images(const Dataset& state) {
  std::vector<ReferencedImage> out;
  for (const Dataset& series : items_of(state, tags::ReferencedSeriesSequence)) {
    for (const Dataset& image : items_of(series, tags::ReferencedImageSequence)) {
      ReferencedImage one{series.text_or(tags::SeriesInstanceUID, ""),
                          image.text_or(tags::ReferencedSOPInstanceUID, ""),
                          {}};
      for (const double frame : image.numbers(tags::ReferencedFrameNumber))
        if (frame >= 1 && frame <= INT32_MAX) one.frames.push_back(static_cast<int>(frame) - 1);
      if (!one.instance.empty()) out.push_back(std::move(one));
      if (out.size() == kImagesMax) return out;
    }
  }
  return out;
}

Result<PresentationState> read_presentation_state(const DicomFile& state, const DicomFile& image,
                                                  const PixelDescription& pixels, int frame) {
  if (!is_presentation_state(state.dataset))
    return Error{Errc::not_supported, "no grayscale or color softcopy presentation state"};
  const OfImage of{image.dataset.text_or(tags::SOPInstanceUID, ""), frame};
  const bool is_about_it = std::ranges::any_of(
      items_of(state.dataset, tags::ReferencedSeriesSequence), [&](const Dataset& series) {
        return std::ranges::any_of(
            items_of(series, tags::ReferencedImageSequence),
            [&](const Dataset& one) { return names(one, of.instance, frame); });
      });
  if (!is_about_it)
    return Error{Errc::invalid_argument, "the presentation state is not about this image"};
  PresentationState out;
  out.grey = read_grey(state, image, pixels, of);
  out.shutter = read_shutter(state, image, frame);
  DCMFS_TRY(out.layers, read_layers(state, image, of));
  out.area = read_area(state.dataset, of);
  const auto rotation = state.dataset.integer(picture_tags::ImageRotation).value_or(0);
  if (rotation == 90 || rotation == 180 || rotation == 270)
    out.rotation = static_cast<int>(rotation);
  out.is_flipped = state.dataset.text_or(picture_tags::ImageHorizontalFlip, "N") == "Y";
  return out;
}

}  // namespace dcmfs
