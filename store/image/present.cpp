// Presentation states, applied: PS3.4 N.2, then what is drawn.
#include <algorithm>
#include <array>
#include <cmath>

#include "store/image/colour.h"
#include "store/image/presentation_state.h"
#include "store/image/resize.h"
#include "store/image/text_overlay.h"

namespace dcmfs {
namespace {

constexpr int kLinesOfShown = 36;             // letters are that part of the shorter side
constexpr double kThicknessPart = 1.0 / 400;  // of the shorter side
constexpr double kThicknessMin = 1.4;

std::size_t offset_of(const Picture& picture, std::int64_t x, std::int64_t y) {
  return (static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) +
          static_cast<std::size_t>(x)) *
         static_cast<std::size_t>(picture.channels);
}

void set_pixel(Picture& picture, int x, int y, Ink ink) {
  auto* pixel = picture.pixels.data() + offset_of(picture, x, y);
  if (picture.channels == 1) {
    *pixel = static_cast<std::uint8_t>((ink.red + ink.green + ink.blue) / 3);
  } else {
    pixel[0] = ink.red;
    pixel[1] = ink.green;
    pixel[2] = ink.blue;
  }
}

Picture in_colour(Picture grey) {
  if (grey.channels == 3) return grey;
  Picture out{grey.width, grey.height, 3, {}};
  out.pixels.reserve(3 * grey.pixels.size());
  for (const auto value : grey.pixels)
    for (int i = 0; i < 3; ++i) out.pixels.push_back(value);
  return out;
}

bool is_colourful(const PresentationState& state) {
  return (state.shutter && !state.shutter->ink.is_grey()) ||
         std::ranges::any_of(state.layers,
                             [](const DrawnLayer& layer) { return !layer.ink.is_grey(); });
}

// PS3.3 C.7.6.11: what all of its shapes leave open is seen.
void close_shutter(Picture& picture, const DisplayShutter& shutter) {
  std::vector<std::vector<double>> polygon;
  if (!shutter.polygon.empty())
    polygon = crossings_of(shutter.polygon, picture.height, std::int64_t{1} << 22);
  for (int y = 0; y < picture.height; ++y) {
    // Of a polygon with more corners than can be counted nothing is seen.
    static const std::vector<double> kNone;
    const auto& crossings = polygon.empty() ? kNone : polygon[static_cast<std::size_t>(y)];
    for (int x = 0; x < picture.width; ++x) {
      bool is_open = true;
      if (const auto& box = shutter.rectangle)
        is_open =
            x + 1 >= box->left && x + 1 <= box->right && y + 1 >= box->upper && y + 1 <= box->lower;
      if (const auto& circle = shutter.circle)
        is_open =
            is_open && std::hypot(x + 1 - circle->column, y + 1 - circle->row) <= circle->radius;
      if (is_open && !shutter.polygon.empty()) {
        const auto left_of_it = std::ranges::upper_bound(crossings, x + 0.5) - crossings.begin();
        is_open = left_of_it % 2 == 1;
      }
      if (shutter.bitmap) is_open = is_open && !shutter.bitmap->at(x, y);
      if (!is_open) set_pixel(picture, x, y, shutter.ink);
    }
  }
}

void draw_overlay(Picture& picture, const Overlay& overlay, Ink ink) {
  for (int y = std::max(0, overlay.top); y < std::min(picture.height, overlay.top + overlay.height);
       ++y)
    for (int x = std::max(0, overlay.left);
         x < std::min(picture.width, overlay.left + overlay.width); ++x)
      if (overlay.at(x, y)) set_pixel(picture, x, y, ink);
}

// Where things are on the picture that comes out.
struct Placement {
  std::int64_t left = 0, top = 0;  // of the area, from 0
  int width = 0, height = 0;       // of it, in pixels of the image
  int rotation = 0;
  bool is_flipped = false;
  int shown_width = 0, shown_height = 0;

  bool is_turned() const { return rotation == 90 || rotation == 270; }

  // From a corner of the area, in its pixels, to the same after rotation and flip.
  Point turned(Point at) const {
    const double w = width, h = height;
    if (rotation == 90)
      at = {h - at.y, at.x};
    else if (rotation == 180)
      at = {w - at.x, h - at.y};
    else if (rotation == 270)
      at = {at.y, w - at.x};
    if (is_flipped) at.x = (is_turned() ? h : w) - at.x;
    return at;
  }
  Point operator()(Point at, Units units) const {
    if (units == Units::display) return {at.x * shown_width, at.y * shown_height};
    const Point t = turned({at.x - static_cast<double>(left), at.y - static_cast<double>(top)});
    return {t.x * shown_width / (is_turned() ? height : width),
            t.y * shown_height / (is_turned() ? width : height)};
  }
  Point operator()(const PlacedPoint& point) const { return (*this)(point.at, point.units); }
};

// The area of the picture, black beyond its edges, rotated and flipped.
Picture turned_area(const Picture& picture, const Placement& place) {
  Picture out{place.is_turned() ? place.height : place.width,
              place.is_turned() ? place.width : place.height,
              picture.channels,
              {}};
  const auto channels = static_cast<std::size_t>(picture.channels);
  out.pixels.assign(
      static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height) * channels, 0);
  const std::int64_t first_x = std::max<std::int64_t>(0, place.left),
                     first_y = std::max<std::int64_t>(0, place.top);
  const std::int64_t end_x = std::min<std::int64_t>(picture.width, place.left + place.width);
  const std::int64_t end_y = std::min<std::int64_t>(picture.height, place.top + place.height);
  const bool is_upright = place.rotation == 0 && !place.is_flipped;
  for (std::int64_t y = first_y; y < end_y; ++y) {
    if (is_upright && first_x < end_x) {
      std::copy_n(picture.pixels.data() + offset_of(picture, first_x, y),
                  static_cast<std::size_t>(end_x - first_x) * channels,
                  out.pixels.data() + offset_of(out, first_x - place.left, y - place.top));
      continue;
    }
    for (std::int64_t x = first_x; x < end_x; ++x) {
      const Point to = place.turned(
          {static_cast<double>(x - place.left) + 0.5, static_cast<double>(y - place.top) + 0.5});
      std::copy_n(picture.pixels.data() + offset_of(picture, x, y), channels,
                  out.pixels.data() + offset_of(out, static_cast<std::int64_t>(to.x),
                                                static_cast<std::int64_t>(to.y)));
    }
  }
  return out;
}

// What is cut off on both sides alike.
Picture middle_of(const Picture& picture, int width, int height) {
  Picture out{width, height, picture.channels, {}};
  const std::int64_t left = (picture.width - width) / 2, top = (picture.height - height) / 2;
  out.pixels.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) *
                     static_cast<std::size_t>(picture.channels));
  for (int y = 0; y < height; ++y) {
    const auto* row = picture.pixels.data() + offset_of(picture, left, top + y);
    out.pixels.insert(out.pixels.end(), row,
                      row + static_cast<std::ptrdiff_t>(width) * picture.channels);
  }
  return out;
}

Result<Placement> placement_of(const Picture& picture, const PresentationState& state,
                               FittedSize fit) {
  DisplayedArea area{.right = picture.width, .bottom = picture.height};
  if (state.area) area = *state.area;
  const std::int64_t width = area.right - area.left + 1, height = area.bottom - area.top + 1;
  const auto is_drawn = [](double w, double h) {
    return w <= kResizedDimensionMax && h <= kResizedDimensionMax &&
           w * h <= static_cast<double>(kResizedPixelsMax);
  };
  const Error beyond{Errc::not_supported, "the displayed area is too large to be drawn"};
  if (!is_drawn(static_cast<double>(width), static_cast<double>(height))) return beyond;
  Placement out{.left = area.left - 1,
                .top = area.top - 1,
                .width = static_cast<int>(width),
                .height = static_cast<int>(height),
                .rotation = state.rotation,
                .is_flipped = state.is_flipped};
  // A pixel that is no square becomes one by making the picture larger.
  double shown_width = out.width * std::max(1.0, 1 / area.aspect),
         shown_height = out.height * std::max(1.0, area.aspect);
  if (out.is_turned()) std::swap(shown_width, shown_height);
  double scale = area.magnification;
  if (!area.magnifies && (fit.width > 0 || fit.height > 0)) {
    scale = fit.width > 0 ? fit.width / shown_width : fit.height / shown_height;
    if (fit.height > 0) scale = std::min(scale, fit.height / shown_height);
  }
  shown_width = std::max(1.0, std::round(shown_width * scale));
  shown_height = std::max(1.0, std::round(shown_height * scale));
  if (!is_drawn(shown_width, shown_height)) return beyond;
  out.shown_width = static_cast<int>(shown_width);
  out.shown_height = static_cast<int>(shown_height);
  return out;
}

void draw_shape(Canvas& canvas, const GraphicShape& shape, const Placement& place, double thickness,
                Ink ink) {
  std::vector<Point> path;
  for (const Point& at : shape.path) path.push_back(place(at, shape.units));
  if (shape.is_point) {
    const Point at = path.front();
    const double reach = 3 * thickness;
    const std::array across{Point{at.x - reach, at.y}, Point{at.x + reach, at.y}};
    const std::array down{Point{at.x, at.y - reach}, Point{at.x, at.y + reach}};
    canvas.line(across, thickness, ink);
    canvas.line(down, thickness, ink);
    return;
  }
  if (shape.is_filled) canvas.fill(path, ink);
  canvas.line(path, thickness, ink);
}

struct TextBlock {
  std::vector<Mask> lines;
  int width = 1, height = 0;
};
std::optional<TextBlock> text_block(const GraphicText& text, int size) {
  TextBlock out;
  for (const auto& line : text.lines) {
    auto mask = text_mask(line, size);
    if (!mask) return std::nullopt;
    out.width = std::max(out.width, mask->width);
    out.height += mask->height;
    out.lines.push_back(*std::move(mask));
  }
  return out;
}

// Upright, as large as is usual, but no larger than its box (PS3.3 C.10.5: "within or near to").
void draw_graphic_text(Canvas& canvas, const GraphicText& text, const Placement& place,
                       double thickness, Ink ink) {
  int size =
      std::clamp(std::min(place.shown_width, place.shown_height) / kLinesOfShown, 10, kTextSizeMax);
  auto block = text_block(text, size);
  if (!block) return;
  double x = 0, y = 0;
  if (text.box) {
    const Point a = place((*text.box)[0]), b = place((*text.box)[1]);
    const double left = std::min(a.x, b.x), right = std::max(a.x, b.x), top = std::min(a.y, b.y),
                 bottom = std::max(a.y, b.y);
    const double over = std::max(block->width / std::max(1.0, right - left),
                                 block->height / std::max(1.0, bottom - top));
    if (over > 1 && size > kTextSizeMin) {
      size = std::max(kTextSizeMin + 1, static_cast<int>(size / over));
      block = text_block(text, size);
      if (!block) return;
    }
    y = top;
    x = text.justification == Justification::left    ? left
        : text.justification == Justification::right ? right - block->width
                                                     : (left + right - block->width) / 2;
    if (text.anchor && text.anchor_is_visible) {
      const Point anchor = place(*text.anchor);
      const std::array leader{
          anchor, Point{std::clamp(anchor.x, left, right), std::clamp(anchor.y, top, bottom)}};
      canvas.line(leader, thickness, ink);
    }
  } else {
    const Point anchor = place(*text.anchor);
    x = anchor.x + size * 0.75;
    y = anchor.y - block->height - size * 0.25;
    // No text is lost because its place is at an edge.
    x = std::clamp(x, 0.0, std::max(0.0, static_cast<double>(place.shown_width - block->width)));
    y = std::clamp(y, 0.0, std::max(0.0, static_cast<double>(place.shown_height - block->height)));
    if (text.anchor_is_visible) {
      const std::array leader{anchor, Point{std::clamp(anchor.x, x, x + block->width),
                                            std::clamp(anchor.y, y, y + block->height)}};
      canvas.line(leader, thickness, ink);
    }
  }
  if (!(std::abs(x) < 1e6 && std::abs(y) < 1e6)) return;
  double line_y = y;
  for (const Mask& line : block->lines) {
    const double slack = block->width - line.width;
    const double line_x = x + (text.justification == Justification::left    ? 0
                               : text.justification == Justification::right ? slack
                                                                            : slack / 2);
    draw_text(canvas, line, size, static_cast<int>(std::lround(line_x)),
              static_cast<int>(std::lround(line_y)), ink);
    line_y += line.height;
  }
}

}  // namespace

Result<Picture> present(const DicomFile& image, const PixelDescription& pixels, int frame,
                        const PresentationState& state, FittedSize fit) {
  DCMFS_TRY(const Frame decoded, decode_frame(image, pixels, frame));
  Picture whole;
  if (pixels.channels() == 3) {
    DCMFS_TRY(whole, colours_of(image, decoded));
  } else {
    whole = grey_picture(decoded, state.grey, std::nullopt);
  }
  if (is_colourful(state)) whole = in_colour(std::move(whole));
  DCMFS_TRY(const Placement place, placement_of(whole, state, fit));
  if (state.shutter) close_shutter(whole, *state.shutter);
  for (const DrawnLayer& layer : state.layers)
    for (const Overlay& overlay : layer.overlays) draw_overlay(whole, overlay, layer.ink);
  DCMFS_TRY(Picture shown, resized(turned_area(whole, place), place.shown_width, place.shown_height,
                                   Resampling::smooth));
  Canvas canvas(shown);
  const double thickness =
      std::max(kThicknessMin, std::min(shown.width, shown.height) * kThicknessPart);
  for (const DrawnLayer& layer : state.layers) {
    for (const GraphicShape& shape : layer.shapes)
      draw_shape(canvas, shape, place, thickness, layer.ink);
    for (const GraphicText& text : layer.texts) {
      if (canvas.exhausted()) break;
      draw_graphic_text(canvas, text, place, thickness, layer.ink);
    }
  }
  if (canvas.exhausted())
    return Error{Errc::not_supported, "the presentation state draws too much"};
  const bool is_cut =
      state.area && state.area->magnifies &&
      ((fit.width > 0 && fit.width < shown.width) || (fit.height > 0 && fit.height < shown.height));
  if (!is_cut) return shown;
  return middle_of(shown, fit.width > 0 ? std::min(fit.width, shown.width) : shown.width,
                   fit.height > 0 ? std::min(fit.height, shown.height) : shown.height);
}

}  // namespace dcmfs
