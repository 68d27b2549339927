#include "tools/phantom/canvas.h"

#include <algorithm>
#include <cmath>

namespace dcmfs::phantom {
namespace {

struct Range {
  int first, last;  // both inclusive
};
// The pixels whose centres are in [low, high].
Range pixels_between(double low, double high, double first_centre, double spacing, int count) {
  return {std::max(0, static_cast<int>(std::ceil((low - first_centre) / spacing))),
          std::min(count - 1, static_cast<int>(std::floor((high - first_centre) / spacing)))};
}

}  // namespace

Plane centred_plane(int columns, int rows, double spacing, double y_centre) {
  return {columns, rows, spacing, -0.5 * (columns - 1) * spacing,
          y_centre - 0.5 * (rows - 1) * spacing};
}

template <class Inside>
void Canvas::paint(Tissue tissue, double x, double y, double half_width, double half_height,
                   std::optional<Tissue> over, Inside inside) {
  const Range rows =
      pixels_between(y - half_height, y + half_height, plane_.y0, plane_.spacing, plane_.rows);
  const Range columns =
      pixels_between(x - half_width, x + half_width, plane_.x0, plane_.spacing, plane_.columns);
  for (int row = rows.first; row <= rows.last; ++row) {
    for (int column = columns.first; column <= columns.last; ++column) {
      Tissue& pixel = tissues_[index(column, row)];
      if (pixel == Tissue::air || (over && pixel != *over)) continue;
      if (inside(plane_.x(column), plane_.y(row))) pixel = tissue;
    }
  }
}

void Canvas::outline(Tissue tissue, const Ellipse& e, double exponent) {
  if (e.rx <= 0 || e.ry <= 0) return;
  const Range rows = pixels_between(e.y - e.ry, e.y + e.ry, plane_.y0, plane_.spacing, plane_.rows);
  for (int row = rows.first; row <= rows.last; ++row) {
    const double v = std::min(1.0, std::abs(plane_.y(row) - e.y) / e.ry);
    const double half = e.rx * std::pow(1 - std::pow(v, exponent), 1 / exponent);
    const Range columns =
        pixels_between(e.x - half, e.x + half, plane_.x0, plane_.spacing, plane_.columns);
    for (int column = columns.first; column <= columns.last; ++column)
      tissues_[index(column, row)] = tissue;
  }
}

void Canvas::ellipse(Tissue tissue, const Ellipse& e, std::optional<Tissue> over) {
  if (e.rx <= 0 || e.ry <= 0) return;
  const double c = std::cos(e.angle), s = std::sin(e.angle);
  const double reach = 1 + 2 * e.wave;
  const double half_width = reach * std::hypot(e.rx * c, e.ry * s);
  const double half_height = reach * std::hypot(e.rx * s, e.ry * c);
  const double ix = 1 / e.rx, iy = 1 / e.ry;
  if (e.wave == 0) {
    paint(tissue, e.x, e.y, half_width, half_height, over, [&](double x, double y) {
      const double u = ((x - e.x) * c + (y - e.y) * s) * ix;
      const double v = ((y - e.y) * c - (x - e.x) * s) * iy;
      return u * u + v * v <= 1;
    });
    return;
  }
  paint(tissue, e.x, e.y, half_width, half_height, over, [&](double x, double y) {
    const double u = ((x - e.x) * c + (y - e.y) * s) * ix;
    const double v = ((y - e.y) * c - (x - e.x) * s) * iy;
    const double around = std::atan2(v, u);
    const double limit = 1 + e.wave * (std::sin(11 * around + e.phase) +
                                       0.7 * std::sin(19 * around - 1.7 * e.phase));
    return std::sqrt(u * u + v * v) <= limit;
  });
}

void Canvas::capsule(Tissue tissue, double x1, double y1, double x2, double y2, double radius,
                     std::optional<Tissue> over) {
  const double dx = x2 - x1, dy = y2 - y1;
  const double length2 = dx * dx + dy * dy;
  paint(tissue, 0.5 * (x1 + x2), 0.5 * (y1 + y2), 0.5 * std::abs(dx) + radius,
        0.5 * std::abs(dy) + radius, over, [&](double x, double y) {
          const double along =
              length2 > 0 ? std::clamp(((x - x1) * dx + (y - y1) * dy) / length2, 0.0, 1.0) : 0.0;
          const double ex = x - x1 - along * dx, ey = y - y1 - along * dy;
          return ex * ex + ey * ey <= radius * radius;
        });
}

void Canvas::table(double y_top) {
  constexpr double kRadius = 420, kThickness = 28, kShell = 4, kHalfWidth = 215;
  const double centre = y_top - kRadius + kThickness;  // the ring's, far above the patient
  const Range rows =
      pixels_between(y_top - 60, y_top + kThickness, plane_.y0, plane_.spacing, plane_.rows);
  const Range columns =
      pixels_between(-kHalfWidth, kHalfWidth, plane_.x0, plane_.spacing, plane_.columns);
  for (int row = rows.first; row <= rows.last; ++row) {
    for (int column = columns.first; column <= columns.last; ++column) {
      Tissue& pixel = tissues_[index(column, row)];
      const double inward = kRadius - std::hypot(plane_.x(column), plane_.y(row) - centre);
      if (pixel != Tissue::air || inward < 0 || inward > kThickness) continue;
      const bool shell = inward < kShell || inward > kThickness - kShell;
      pixel = shell ? Tissue::table_shell : Tissue::table_core;
    }
  }
}

}  // namespace dcmfs::phantom
