#include "tools/phantom/body.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "tools/phantom/anatomy.h"
#include "tools/phantom/noise.h"

namespace dcmfs::phantom {
namespace {

constexpr double kSkin = 2, kChestWall = 22, kAbdominalWall = 16;  // mm
constexpr double kTrunkTop = 520, kTrunkBottom = -175;
struct Egg {
  double y, z, rx, ry, rz;
};
constexpr Egg kHead{-12, 575, 82, 102, 114}, kJaw{-48, 490, 56, 52, 54};
constexpr double kTrunkExponent = 2.5, kHeadExponent = 2;
constexpr double kVertebra = 32, kDisc = 7;  // mm from one to the next, and between two
constexpr int kRibs = 12;
constexpr double kFirstRib = 372, kRibStep = 25;  // mm, at the spine
constexpr double kRibSlope = 95;                  // mm that a rib comes down to the front

// How much an ellipsoid is narrowed at a height; 0: it does not reach there.
double narrowing(double z, double centre, double radius) {
  const double t = (z - centre) / radius;
  return t * t >= 1 ? 0 : std::sqrt(1 - t * t);
}

// A smooth curve through the rows of a table (Catmull and Rom).
double between(double before, double low, double high, double after, double t) {
  return low + 0.5 * t *
                   (high - before +
                    t * (2 * before - 5 * low + 4 * high - after +
                         t * (3 * (low - high) + after - before)));
}

void paint_part(Canvas& canvas, const Part& part, double z, double side) {
  switch (part.shape) {
    case Shape::ellipsoid: {
      const double k = narrowing(z, part.z, part.c);
      canvas.ellipse(part.tissue,
                     {side * part.x, part.y, part.a * k, part.b * k, side * part.angle, part.wave,
                      0.13 * z + side},
                     part.over);
      return;
    }
    case Shape::column:
      if (z >= part.z && z <= part.c)
        canvas.ellipse(part.tissue, {side * part.x, part.y, part.a, part.b, side * part.angle},
                       part.over);
      return;
    case Shape::tube: {
      // The piece of the axis that is nearer to the slice than the radius, as a capsule.
      const double dz = part.c - part.z;
      double from = 0, to = 1;
      if (dz == 0) {
        if (std::abs(z - part.z) > part.radius) return;
      } else {
        const double reach = 0.7 * part.radius;
        const double one = (z - reach - part.z) / dz, other = (z + reach - part.z) / dz;
        from = std::max(0.0, std::min(one, other));
        to = std::min(1.0, std::max(one, other));
        if (from > to) return;
      }
      const double dx = part.a - part.x, dy = part.b - part.y;
      canvas.capsule(part.tissue, side * (part.x + from * dx), part.y + from * dy,
                     side * (part.x + to * dx), part.y + to * dy, part.radius, part.over);
      return;
    }
  }
}

void paint_spine(Canvas& canvas, double z) {
  if (z < -60 || z > 480) return;
  const double size = 1 - 0.3 * std::clamp(z / 480, 0.0, 1.0);  // smaller towards the neck
  const double phase = std::fmod(z + 10 * kVertebra, kVertebra);
  const double neck = std::clamp((z - 350) / 80, 0.0, 1.0);
  const double y = 62 - 30 * neck;
  const double waist = 1 - 0.08 * std::sin(std::numbers::pi * phase / kVertebra);
  if (phase < kDisc) {
    canvas.ellipse(Tissue::disc, {0, y, 24 * size, 18 * size});
  } else {
    canvas.ellipse(Tissue::cortical_bone, {0, y, 24 * size * waist, 18 * size * waist});
    canvas.ellipse(Tissue::marrow, {0, y, 21.5 * size * waist, 15.5 * size * waist});
  }
  const double canal = y + 25 * size;
  if (phase > kDisc && phase < kVertebra - 6) {
    canvas.ellipse(Tissue::cortical_bone, {0, canal, 14 * size, 13 * size});
    canvas.capsule(Tissue::cortical_bone, 0, canal + 10 * size, 0, canal + 21 * size, 3 * size);
    if (phase > 12 && phase < 24) {
      canvas.capsule(Tissue::cortical_bone, 12 * size, canal - 2, 36 * size, canal + 4, 4);
      canvas.capsule(Tissue::cortical_bone, -12 * size, canal - 2, -36 * size, canal + 4, 4);
    }
  }
  canvas.ellipse(Tissue::fluid, {0, canal, 10 * size, 9 * size});
  canvas.ellipse(Tissue::cord, {0, canal, 6 * size, 5 * size});
}

}  // namespace

Body::Body(std::uint64_t key) : key_(key) {
  Noise noise(key_of(key, "body"));
  width_ = noise.uniform(0.96, 1.05);
  depth_ = noise.uniform(0.96, 1.02);
  tumour_ = {noise.uniform(-105, -88), noise.uniform(-15, 20), noise.uniform(236, 250),
             noise.uniform(13, 19)};
}

Body::Girth Body::girth(double z) const {
  const auto rows = trunk_sections();
  const auto last = rows.size() - 1;
  if (z <= rows.front().z)
    return {width_ * rows[0].half_width, depth_ * rows[0].half_depth, rows[0].y};
  if (z >= rows.back().z)
    return {width_ * rows[last].half_width, depth_ * rows[last].half_depth, rows[last].y};
  std::size_t i = 0;
  while (rows[i + 1].z < z) ++i;
  const Section &p = rows[i == 0 ? 0 : i - 1], &a = rows[i], &b = rows[i + 1],
                &n = rows[std::min(last, i + 2)];
  const double t = (z - a.z) / (b.z - a.z);
  return {width_ * between(p.half_width, a.half_width, b.half_width, n.half_width, t),
          depth_ * between(p.half_depth, a.half_depth, b.half_depth, n.half_depth, t),
          between(p.y, a.y, b.y, n.y, t)};
}

void Body::paint_trunk(Canvas& canvas, double z) const {
  if (z < kTrunkBottom) {
    const double thick = 1 + (z - kTrunkBottom) / 1200;
    for (const double side : {-1.0, 1.0}) {
      canvas.outline(Tissue::skin, {side * 92, 5, 88 * thick, 92 * thick}, kTrunkExponent);
      canvas.outline(Tissue::fat, {side * 92, 5, 86 * thick, 90 * thick}, kTrunkExponent);
    }
    return;
  }
  if (z > kTrunkTop) return;
  const auto rows = trunk_sections();
  const auto above =
      std::find_if(rows.begin(), rows.end(), [&](const Section& s) { return s.z >= z; });
  const double fat = above == rows.end() ? rows.back().fat : above->fat;
  const double wall = z > 170 ? kChestWall : kAbdominalWall;
  const Girth g = girth(z);
  const auto layer = [&](Tissue tissue, double inset) {
    canvas.outline(tissue, {0, g.y, g.half_width - inset, g.half_depth - inset}, kTrunkExponent);
  };
  layer(Tissue::skin, 0);
  layer(Tissue::fat, kSkin);
  layer(Tissue::muscle, kSkin + fat);
  if (z < 385) layer(Tissue::fat, kSkin + fat + wall);  // the cavity, to be filled
}

void Body::paint_ribs(Canvas& canvas, double z) const {
  const Girth g = girth(z);
  for (int rib = 0; rib < kRibs; ++rib) {
    const double top = kFirstRib - rib * kRibStep;
    const double reach = rib < 7 ? 0.93 : rib < 10 ? 0.75 : 0.5;  // of the way to the front
    const double way = (top - z) / kRibSlope;
    if (way < 0.02 || way > reach) continue;
    const double around = std::numbers::pi * (0.5 - way);  // from the back to the front
    const double rx = g.half_width - 21, ry = g.half_depth - 19;
    for (const double side : {-1.0, 1.0}) {
      const double x = side * rx * std::cos(around), y = g.y + ry * std::sin(around);
      const double along = std::atan2(ry * std::cos(around), -side * rx * std::sin(around));
      canvas.ellipse(Tissue::cortical_bone, {x, y, 17, 5.5, along});
      canvas.ellipse(Tissue::marrow, {x, y, 14.5, 3.5, along});
    }
  }
}

void Body::paint_lung_vessels(Canvas& canvas, double z) const {
  constexpr int kBranches = 70, kPieces = 7;
  for (const double side : {-1.0, 1.0}) {
    Noise noise(key_of(key_, side < 0 ? "right lung" : "left lung"));
    for (int branch = 0; branch < kBranches; ++branch) {
      // From the hilum outwards, bending a little at every piece, thinner at every piece.
      double x = side * 46, y = 16, height = noise.uniform(250, 285);
      double across = noise.uniform(0.05, 1), back = noise.uniform(-1, 1),
             up = noise.uniform(-1.5, 1.2);
      const double length = std::sqrt(across * across + back * back + up * up);
      double radius = noise.uniform(2.2, 4.2);
      for (int piece = 0; piece < kPieces; ++piece) {
        const double step = noise.uniform(12, 26) / length;
        const Part vessel{
            Shape::tube,     Tissue::lung_vessel, x,      y, height,      x + side * across * step,
            y + back * step, height + up * step,  radius, 0, Tissue::lung};
        paint_part(canvas, vessel, z, 1);
        x = vessel.a, y = vessel.b, height = vessel.c;
        across += noise.uniform(-0.25, 0.3), back += noise.uniform(-0.3, 0.3);
        up += noise.uniform(-0.3, 0.3);
        radius *= 0.8;
      }
    }
  }
}

Canvas Body::slice(const Plane& plane, double z, Support support) const {
  Canvas canvas(plane);
  paint_trunk(canvas, z);
  const double jaw = narrowing(z, kJaw.z, kJaw.rz), head = narrowing(z, kHead.z, kHead.rz);
  for (const auto& [tissue, inset] : {std::pair{Tissue::skin, 0.0}, {Tissue::muscle, 5.0}})
    canvas.outline(tissue, {0, kJaw.y, kJaw.rx * jaw - inset, kJaw.ry * jaw - inset},
                   kHeadExponent);
  canvas.outline(Tissue::skin, {0, kHead.y, kHead.rx * head, kHead.ry * head}, kHeadExponent);
  for (const Part& part : parts()) {
    paint_part(canvas, part, z, 1);
    if (part.mirrored) paint_part(canvas, part, z, -1);
  }
  paint_ribs(canvas, z);
  paint_spine(canvas, z);
  paint_lung_vessels(canvas, z);
  const double k = narrowing(z, tumour_.z, tumour_.radius);
  canvas.ellipse(Tissue::tumour,
                 {tumour_.x, tumour_.y, tumour_.radius * k, tumour_.radius * k, 0, 0.05, z});
  if (support == Support::table) canvas.table(kTableTop);
  return canvas;
}

}  // namespace dcmfs::phantom
