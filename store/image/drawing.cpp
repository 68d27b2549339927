#include "store/image/drawing.h"

#include <algorithm>
#include <cmath>

namespace dcmfs {
namespace {

constexpr int kSubRows = 4;  // of a pixel, for the upper and lower edges of what is filled
constexpr std::int64_t kCrossingCost = 16;  // pixels: each is kept and sorted
constexpr double kFar = 1e6;                // beyond any picture: coordinates come from files

Point near_enough(Point at) {
  const auto bound = [](double v) { return std::isfinite(v) ? std::clamp(v, -kFar, kFar) : 0; };
  return {bound(at.x), bound(at.y)};
}

double squared_distance(Point at, Point from, Point to) {
  const double dx = to.x - from.x, dy = to.y - from.y;
  const double length_2 = dx * dx + dy * dy;
  const double along =
      length_2 == 0
          ? 0
          : std::clamp(((at.x - from.x) * dx + (at.y - from.y) * dy) / length_2, 0.0, 1.0);
  const double x = at.x - from.x - along * dx, y = at.y - from.y - along * dy;
  return x * x + y * y;
}

}  // namespace

Mask grown(const Mask& mask, int radius) {
  Mask out{mask.width + 2 * radius, mask.height + 2 * radius, {}};
  out.coverage.assign(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height),
                      0);
  for (int dy = -radius; dy <= radius; ++dy) {
    for (int dx = -radius; dx <= radius; ++dx) {
      if (dx * dx + dy * dy > radius * radius + 1) continue;  // a disc
      for (int y = 0; y < mask.height; ++y) {
        const auto* from = mask.coverage.data() + static_cast<std::ptrdiff_t>(y) * mask.width;
        auto* to = out.coverage.data() + static_cast<std::ptrdiff_t>(y + radius + dy) * out.width +
                   radius + dx;
        for (int x = 0; x < mask.width; ++x) to[x] = std::max(to[x], from[x]);
      }
    }
  }
  return out;
}

std::vector<std::vector<double>> crossings_of(std::span<const Point> path, int height,
                                              std::int64_t crossings_max) {
  std::vector<std::vector<double>> rows(static_cast<std::size_t>(height));
  std::int64_t count = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    Point upper = near_enough(path[i]), lower = near_enough(path[(i + 1) % path.size()]);
    if (upper.y > lower.y) std::swap(upper, lower);
    // The rows whose centre is at or below the upper end, and above the lower one.
    const int first = std::max(0, static_cast<int>(std::ceil(upper.y - 0.5)));
    const int last = std::min(height, static_cast<int>(std::ceil(lower.y - 0.5)));
    if (last <= first) continue;
    count += last - first;
    if (count > crossings_max) return {};
    for (int row = first; row < last; ++row) {
      const double part = (row + 0.5 - upper.y) / (lower.y - upper.y);
      rows[static_cast<std::size_t>(row)].push_back(upper.x + part * (lower.x - upper.x));
    }
  }
  for (auto& row : rows) std::ranges::sort(row);
  return rows;
}

void Canvas::blend(int x, int y, double coverage, Ink ink) {
  const auto channels = static_cast<std::size_t>(picture_.channels);
  auto* pixel = picture_.pixels.data() +
                (static_cast<std::size_t>(y) * static_cast<std::size_t>(picture_.width) +
                 static_cast<std::size_t>(x)) *
                    channels;
  const auto mix = [coverage](std::uint8_t& old, int wanted) {
    old = static_cast<std::uint8_t>(std::lround(old + (wanted - old) * coverage));
  };
  if (channels == 1) return mix(pixel[0], (ink.red + ink.green + ink.blue) / 3);
  mix(pixel[0], ink.red);
  mix(pixel[1], ink.green);
  mix(pixel[2], ink.blue);
}

void Canvas::segment(Point from, Point to, double radius, Ink ink) {
  const double reach = radius + 1;
  const int first = std::max(0, static_cast<int>(std::floor(std::min(from.y, to.y) - reach)));
  const int last =
      std::min(picture_.height - 1, static_cast<int>(std::ceil(std::max(from.y, to.y) + reach)));
  const double dy = to.y - from.y;
  for (int y = first; y <= last && !exhausted(); ++y) {
    // The piece of the segment that this row may see.
    double a = 0, b = 1;
    if (std::abs(dy) > 1e-9) {
      a = std::clamp((y + 0.5 - reach - from.y) / dy, 0.0, 1.0);
      b = std::clamp((y + 0.5 + reach - from.y) / dy, 0.0, 1.0);
    }
    const double x1 = from.x + a * (to.x - from.x), x2 = from.x + b * (to.x - from.x);
    const int left = std::max(0, static_cast<int>(std::floor(std::min(x1, x2) - reach)));
    const int right =
        std::min(picture_.width - 1, static_cast<int>(std::ceil(std::max(x1, x2) + reach)));
    effort_ += 1 + std::max(0, right - left);
    for (int x = left; x <= right; ++x) {
      const double squared = squared_distance({x + 0.5, y + 0.5}, from, to);
      if (squared < (radius + 0.5) * (radius + 0.5))
        blend(x, y, std::min(1.0, radius + 0.5 - std::sqrt(squared)), ink);
    }
  }
}

void Canvas::line(std::span<const Point> path, double thickness, Ink ink) {
  for (std::size_t i = 0; i + 1 < path.size() && !exhausted(); ++i)
    segment(near_enough(path[i]), near_enough(path[i + 1]), thickness / 2, ink);
}

void Canvas::fill(std::span<const Point> path, Ink ink) {
  if (!pay(std::int64_t{picture_.height} * kSubRows)) return;
  std::vector<Point> finer(path.begin(), path.end());
  for (Point& at : finer) at.y *= kSubRows;
  const auto rows =
      crossings_of(finer, picture_.height * kSubRows, (kEffortMax - effort_) / kCrossingCost);
  if (rows.empty()) {
    effort_ = kEffortMax + 1;
    return;
  }
  std::vector<float> covered(static_cast<std::size_t>(picture_.width));
  for (int y = 0; y < picture_.height; ++y) {
    const auto sub_rows = std::span(rows).subspan(static_cast<std::size_t>(y * kSubRows), kSubRows);
    if (std::ranges::all_of(sub_rows, &std::vector<double>::empty)) continue;
    std::ranges::fill(covered, 0.0f);
    effort_ += picture_.width;
    bool any = false;
    for (int sub = 0; sub < kSubRows; ++sub) {
      const auto& row = sub_rows[static_cast<std::size_t>(sub)];
      for (std::size_t i = 0; i + 1 < row.size() && !exhausted(); i += 2) {
        const double begin = std::clamp(row[i], 0.0, static_cast<double>(picture_.width));
        const double end = std::clamp(row[i + 1], 0.0, static_cast<double>(picture_.width));
        effort_ += 1 + static_cast<std::int64_t>(end - begin);
        for (int x = static_cast<int>(begin); x < end; ++x) {
          covered[static_cast<std::size_t>(x)] += static_cast<float>(
              (std::min(end, x + 1.0) - std::max(begin, static_cast<double>(x))) / kSubRows);
          any = true;
        }
      }
    }
    if (!any) continue;
    for (int x = 0; x < picture_.width; ++x)
      if (covered[static_cast<std::size_t>(x)] > 0)
        blend(x, y, std::min(1.0, static_cast<double>(covered[static_cast<std::size_t>(x)])), ink);
  }
}

void Canvas::mask(const Mask& mask, int x, int y, Ink ink) {
  for (int row = std::max(0, -y); row < mask.height && y + row < picture_.height; ++row) {
    for (int column = std::max(0, -x); column < mask.width && x + column < picture_.width;
         ++column) {
      const auto coverage =
          mask.coverage[static_cast<std::size_t>(row) * static_cast<std::size_t>(mask.width) +
                        static_cast<std::size_t>(column)];
      if (coverage != 0) blend(x + column, y + row, coverage / 255.0, ink);
    }
  }
}

}  // namespace dcmfs
