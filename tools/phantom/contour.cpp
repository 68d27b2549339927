#include "tools/phantom/contour.h"

#include <array>
#include <cmath>
#include <cstdint>

#include "tools/phantom/smooth.h"

namespace dcmfs::phantom {
namespace {

constexpr float kInside = 0.5f;
constexpr double kTolerance = 0.2;  // mm that a point may be off the line that leaves it out

// Marching squares. The outline crosses the edges between neighbouring pixels; each crossed edge
// has one that follows it, with the inside to the left (of a picture whose y points down: right).
class Tracer {
 public:
  Tracer(const Plane& plane, const std::vector<float>& field)
      : plane_(plane), field_(field), next_(2 * plane.pixels(), kNone) {
    for (int row = 0; row + 1 < plane.rows; ++row)
      for (int column = 0; column + 1 < plane.columns; ++column) link_cell(column, row);
  }

  std::vector<Outline> loops() {
    std::vector<Outline> all;
    for (std::size_t start = 0; start < next_.size(); ++start) {
      if (next_[start] == kNone) continue;
      Outline loop;
      auto edge = static_cast<std::int32_t>(start);
      while (edge != kNone) {
        loop.push_back(point_on(edge));
        std::int32_t& following = next_[static_cast<std::size_t>(edge)];
        edge = following;
        following = kNone;
      }
      loop.pop_back();  // the first again
      all.push_back(std::move(loop));
    }
    return all;
  }

 private:
  static constexpr std::int32_t kNone = -1;
  enum Side { top, right, bottom, left };
  struct Link {
    Side from, to;
  };

  float value(int column, int row) const {
    return field_[static_cast<std::size_t>(row * plane_.columns + column)];
  }
  // Edges are numbered by the pixel they start from: even to the right, odd downwards.
  std::int32_t edge_of(int column, int row, Side side) const {
    const auto from = [&](int c, int r) { return 2 * (r * plane_.columns + c); };
    switch (side) {
      case top:
        return from(column, row);
      case right:
        return from(column + 1, row) + 1;
      case bottom:
        return from(column, row + 1);
      case left:
        return from(column, row) + 1;
    }
    return kNone;
  }
  Point point_on(std::int32_t edge) const {
    const int pixel = edge / 2, column = pixel % plane_.columns, row = pixel / plane_.columns;
    const bool down = edge % 2 != 0;
    const float here = value(column, row), there = value(column + !down, row + down);
    const double part = static_cast<double>((kInside - here) / (there - here));
    return {plane_.x(column) + (down ? 0 : part * plane_.spacing),
            plane_.y(row) + (down ? part * plane_.spacing : 0)};
  }
  void link_cell(int column, int row) {
    // clang-format off
    // By which corners are inside: top left 1, top right 2, bottom right 4, bottom left 8.
    static constexpr std::array<std::array<Link, 2>, 16> kLinks{{
        {{{top, top}, {top, top}}},      {{{top, left}, {top, top}}},
        {{{right, top}, {top, top}}},    {{{right, left}, {top, top}}},
        {{{bottom, right}, {top, top}}}, {{{top, left}, {bottom, right}}},
        {{{bottom, top}, {top, top}}},   {{{bottom, left}, {top, top}}},
        {{{left, bottom}, {top, top}}},  {{{top, bottom}, {top, top}}},
        {{{right, top}, {left, bottom}}},{{{right, bottom}, {top, top}}},
        {{{left, right}, {top, top}}},   {{{top, right}, {top, top}}},
        {{{left, top}, {top, top}}},     {{{top, top}, {top, top}}},
    }};
    // clang-format on
    const unsigned corners = (value(column, row) > kInside ? 1U : 0U) |
                             (value(column + 1, row) > kInside ? 2U : 0U) |
                             (value(column + 1, row + 1) > kInside ? 4U : 0U) |
                             (value(column, row + 1) > kInside ? 8U : 0U);
    for (const Link& link : kLinks[corners])
      if (link.from != link.to)
        next_[static_cast<std::size_t>(edge_of(column, row, link.from))] =
            edge_of(column, row, link.to);
  }

  const Plane& plane_;
  const std::vector<float>& field_;
  std::vector<std::int32_t> next_;
};

double signed_area(const Outline& loop) {
  double twice = 0;
  for (std::size_t i = 0; i < loop.size(); ++i) {
    const Point &a = loop[i], &b = loop[(i + 1) % loop.size()];
    twice += a.x * b.y - b.x * a.y;
  }
  return 0.5 * twice;
}

double distance_to_line(const Point& p, const Point& a, const Point& b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = std::hypot(dx, dy);
  if (length == 0) return std::hypot(p.x - a.x, p.y - a.y);
  return std::abs((p.x - a.x) * dy - (p.y - a.y) * dx) / length;
}

// Leaves out the points between `first` and `last` that the line between them hardly misses
// (Douglas and Peucker).
void simplify(const Outline& loop, std::size_t first, std::size_t last, Outline& kept) {
  double farthest = 0;
  std::size_t corner = first;
  for (std::size_t i = first + 1; i < last; ++i) {
    const double distance = distance_to_line(loop[i], loop[first], loop[last]);
    if (distance > farthest) farthest = distance, corner = i;
  }
  if (farthest <= kTolerance) return;
  simplify(loop, first, corner, kept);
  kept.push_back(loop[corner]);
  simplify(loop, corner, last, kept);
}

Outline simplified(const Outline& loop) {
  const std::size_t half = loop.size() / 2, last = loop.size() - 1;
  Outline kept{loop.front()};
  simplify(loop, 0, half, kept);
  kept.push_back(loop[half]);
  simplify(loop, half, last, kept);
  kept.push_back(loop[last]);
  return kept;
}

}  // namespace

std::vector<Outline> outlines(const Plane& plane, std::vector<float> mask, double area_min) {
  smooth(mask, plane.columns, plane.rows);
  std::vector<Outline> found;
  for (Outline& loop : Tracer(plane, mask).loops()) {
    // What is outside lies to the other side of a hole, so its area has the other sign.
    if (loop.size() >= 4 && signed_area(loop) >= area_min) found.push_back(simplified(loop));
  }
  return found;
}

}  // namespace dcmfs::phantom
