#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>

#include "tools/phantom/images.h"
#include "tools/phantom/noise.h"

namespace dcmfs::phantom {
namespace {

constexpr int kColumns = 640, kRows = 480, kFrames = 30;
constexpr double kFrameTime_ms = 33.3;
constexpr double kApexX = 300, kApexY = 10, kNear = 12, kFar = 440;  // pixels
constexpr double kHalfAngle = 0.68;                                  // radians
constexpr double kPixel_cm = 16.0 / kFar;
constexpr Study kStudy{"study/us", 3, 13, "160000", "Echocardiography"};
constexpr Series kSeries{"series/us", 1, "US", "160500", "Apical four chambers", "HEART"};

struct Rgb {
  double r = 0, g = 0, b = 0;
};

// The grain of the image, fixed to the tissue: bright where echoes add up.
class Speckle {
 public:
  explicit Speckle(std::uint64_t key) : grains_(kDepths * kAngles) {
    Noise noise(key);
    for (float& grain : grains_)
      grain = static_cast<float>(std::sqrt(-std::log(1 - noise.uniform() * 0.999)));
    // A grain is wider than it is deep.
    for (int pass = 0; pass < 2; ++pass)
      for (int d = 0; d < kDepths; ++d)
        for (int a = 1; a < kAngles; ++a) at(d, a) = 0.55f * at(d, a) + 0.45f * at(d, a - 1);
  }
  double operator()(double depth, double angle) const {
    const int d = static_cast<int>(std::clamp(depth, 0.0, kDepths - 1.0));
    const int a = static_cast<int>(
        std::clamp((angle / kHalfAngle + 1) * 0.5 * (kAngles - 1), 0.0, kAngles - 1.0));
    return grains_[static_cast<std::size_t>(d * kAngles + a)];
  }

 private:
  static constexpr int kDepths = 460, kAngles = 300;
  float& at(int depth, int angle) {
    return grains_[static_cast<std::size_t>(depth * kAngles + angle)];
  }
  std::vector<float> grains_;
};

// How far out of an ellipse a point is: below 1 inside.
double reach(double x, double y, double cx, double cy, double rx, double ry) {
  const double u = (x - cx) / rx, v = (y - cy) / ry;
  return std::sqrt(u * u + v * v);
}

struct Moment {
  double beat;   // 0 relaxed .. 1 contracted
  double valve;  // 0 closed .. 1 open
};
Moment moment_of(int frame) {
  const double phase = static_cast<double>(frame) / kFrames;  // one beat in the loop, so it repeats
  return {0.5 - 0.5 * std::cos(2 * std::numbers::pi * phase),
          std::max(0.0, std::cos(2 * std::numbers::pi * phase))};
}

// The echo strength of the heart at a pixel.
double echo(double x, double y, const Moment& m) {
  const double small = 1 - 0.26 * m.beat, atria = 0.85 + 0.2 * m.beat;
  const double lv = reach(x, y, 338, 185, 50 * small, 98 * small);
  const double rv = reach(x, y, 246, 195, 38 * small, 82 * small);
  const double la = reach(x, y, 340, 345, 54 * atria, 44 * atria);
  const double ra = reach(x, y, 242, 345, 50 * atria, 44 * atria);
  const double cavity = std::min({lv, rv, la, ra});
  if (cavity < 0.97) return 0.03;
  if (cavity < 1.06) return 0.95;  // the wall reflects
  // Leaflets hang between atria and ventricles, and swing.
  for (const auto& [hinge, way] :
       {std::pair{288.0, 1.0}, {392.0, -1.0}, {284.0, -1.0}, {200.0, 1.0}}) {
    const double along = (x - hinge) * way;
    if (along < 0 || along > 46) continue;
    if (std::abs(y - (286 - 0.9 * m.valve * along)) < 4) return 1.0;
  }
  const double heart = reach(x, y, 295, 245, 150 - 8 * m.beat, 205 - 10 * m.beat);
  if (heart < 1) return 0.42;
  if (heart < 1.05) return 0.9;  // pericardium
  return 0.30;
}

// Blood towards the probe is red, away from it blue (in the box of the colour Doppler).
std::optional<Rgb> flow(double x, double y, const Moment& m, double grain) {
  if (x < 285 || x > 395 || y < 150 || y > 385) return std::nullopt;
  const double width = 24 + 10 * m.valve;
  const double centre = 338 + 6 * std::sin(y / 40);
  const double speed =
      (m.valve - 0.8 * m.beat) * (1 - std::pow((x - centre) / width, 2)) * (0.7 + 0.4 * grain);
  if (std::abs(x - centre) > width || std::abs(speed) < 0.12) return std::nullopt;
  const double bright = std::min(1.0, std::abs(speed));
  if (speed > 0) return Rgb{90 + 165 * bright, 190 * bright * bright, 0};
  return Rgb{0, 150 * bright * bright, 90 + 165 * bright};
}

// Depth marks, a grey bar and an electrocardiogram that is drawn as the loop runs.
std::optional<Rgb> decoration(int x, int y, int frame) {
  if (x >= 600 && x < 612 && y >= 40 && y < 240) {
    const double level = 255 * (240 - y) / 200.0;
    return Rgb{level, level, level};
  }
  const double depth = (y - kApexY) * kPixel_cm;
  if (x >= 575 && x < 583 && depth > 0.5 && depth < 16.1 &&
      std::abs(depth - std::round(depth)) < 0.5 * kPixel_cm)
    return Rgb{200, 200, 200};
  const double progress = x / 560.0;
  if (y < 440 || progress > 1 || progress * kFrames > frame + 1) return std::nullopt;
  const double t = std::fmod(progress * 2, 1.0);
  const auto peak = [&](double at, double width) {
    return std::exp(-std::pow((t - at) / width, 2));
  };
  const double line = 466 - 22 * peak(0.3, 0.012) + 6 * peak(0.33, 0.012) - 4 * peak(0.17, 0.03) -
                      6 * peak(0.55, 0.05);
  if (std::abs(y - line) < (std::abs(t - 0.3) < 0.05 ? 3.5 : 1.0)) return Rgb{60, 230, 90};
  return std::nullopt;
}

void append(std::string& pixels, const Rgb& colour) {
  for (const double part : {colour.r, colour.g, colour.b})
    pixels.push_back(static_cast<char>(static_cast<unsigned char>(std::clamp(part, 0.0, 255.0))));
}

Rgb tissue(double dx, double dy, int x, int y, const Moment& m, const Speckle& speckle) {
  const double depth = std::hypot(dx, dy), angle = std::atan2(dx, dy);
  if (std::abs(angle) > kHalfAngle || depth < kNear || depth > kFar) return {};
  // The grain moves with the muscle.
  const double squeeze = 1 + 0.03 * m.beat;
  const double grain = speckle(depth * squeeze, angle * squeeze);
  if (const auto coloured = flow(x, y, m, grain)) return *coloured;
  const double gain = 1.1 - 0.5 * depth / kFar;
  const double grey = 215 * std::pow(echo(x, y, m) * gain, 0.8) * (0.25 + 0.75 * grain);
  return {grey, grey, grey};
}

std::string pixels(std::uint64_t key) {
  const Speckle speckle(key);
  std::string all;
  all.reserve(std::size_t{kFrames} * kRows * kColumns * 3);
  for (int frame = 0; frame < kFrames; ++frame) {
    const Moment m = moment_of(frame);
    for (int y = 0; y < kRows; ++y) {
      for (int x = 0; x < kColumns; ++x) {
        const auto drawn = decoration(x, y, frame);
        append(all, drawn ? *drawn : tissue(x - kApexX, y - kApexY, x, y, m, speckle));
      }
    }
  }
  return all;
}

// US Region Calibration, PS3.3 C.8.5.5: what a pixel measures.
void set_region(Dataset& d) {
  constexpr int kTissue = 1, kTwoDimensional = 1, kCentimetres = 3;
  Dataset& region = d.add_item(tags::SequenceOfUltrasoundRegions);
  region.set_number(tags::RegionSpatialFormat, kTwoDimensional);
  region.set_number(tags::RegionDataType, kTissue);
  region.set_number(tags::RegionFlags, 0);
  region.set_number(tags::RegionLocationMinX0, 0);
  region.set_number(tags::RegionLocationMinY0, 0);
  region.set_number(tags::RegionLocationMaxX1, 570);
  region.set_number(tags::RegionLocationMaxY1, 439);
  region.set_number(tags::ReferencePixelX0, kApexX);
  region.set_number(tags::ReferencePixelY0, kApexY);
  region.set_number(tags::PhysicalUnitsXDirection, kCentimetres);
  region.set_number(tags::PhysicalUnitsYDirection, kCentimetres);
  region.set_number(tags::ReferencePixelPhysicalValueX, 0);
  region.set_number(tags::ReferencePixelPhysicalValueY, 0);
  region.set_number(tags::PhysicalDeltaX, kPixel_cm);
  region.set_number(tags::PhysicalDeltaY, kPixel_cm);
}

Dataset loop(const Subject& s) {
  Dataset d = common_modules(s, kStudy, kSeries);
  set_instance(d, s, sop::UltrasoundMultiFrame, "us/1", 1);
  set_general_image(d, kSeries, "ORIGINAL\\PRIMARY", kSeries.time);
  set_empty(d, tags::PatientOrientation);
  d.set_number(tags::SamplesPerPixel, 3);
  d.set_text(tags::PhotometricInterpretation, "RGB");
  d.set_number(tags::PlanarConfiguration, 0);
  d.set_number(tags::Rows, kRows);
  d.set_number(tags::Columns, kColumns);
  d.set_number(tags::BitsAllocated, 8);
  d.set_number(tags::BitsStored, 8);
  d.set_number(tags::HighBit, 7);
  d.set_number(tags::PixelRepresentation, 0);
  // Cine and Multi-frame, PS3.3 C.7.6.5 and C.7.6.6
  d.set_number(tags::NumberOfFrames, kFrames);
  d.set_text(tags::FrameIncrementPointer, "00181063");
  d.set_number(tags::FrameTime, kFrameTime_ms);
  d.set_number(tags::CineRate, 30);
  d.set_number(tags::RecommendedDisplayFrameRate, 30);
  d.set_number(tags::HeartRate, 60);
  d.set_number(tags::UltrasoundColorDataPresent, 1);
  d.set_text(tags::TransducerType, "SECTOR_PHASED");
  set_region(d);
  d.set_bytes(tags::PixelData, Vr::OB, pixels(key_of(s.key, "us")));
  return d;
}

}  // namespace

void add_ultrasound(Pieces& pieces, const Subject& s, const std::string& folder) {
  pieces.push_back({folder + "/US/" + file_name(1), [s] { return loop(s); }});
}

}  // namespace dcmfs::phantom
