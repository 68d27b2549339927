#include <cmath>

#include "tools/phantom/body.h"
#include "tools/phantom/images.h"
#include "tools/phantom/noise.h"
#include "tools/phantom/smooth.h"

namespace dcmfs::phantom {
namespace {

constexpr double kIntercept = -1024;
constexpr double kStoredMax = 4095;  // 12 bit
constexpr double kNoise = 34;        // HU, before the reconstruction kernel smoothes it
constexpr Series kSeries{kCtSeries, 2, "CT", "090800", "Thorax-Abdomen 3.0 B30f", "CHEST"};

std::vector<float> hounsfield(const Canvas& canvas, std::uint64_t key) {
  const Plane& plane = canvas.plane();
  std::vector<float> hu(plane.pixels());
  std::vector<float> across(static_cast<std::size_t>(plane.columns));
  for (int c = 0; c < plane.columns; ++c)
    across[static_cast<std::size_t>(c)] =
        static_cast<float>(std::sin(0.19 * plane.x(c)) + std::sin(0.083 * plane.x(c) + 1));
  Noise noise(key);
  std::size_t i = 0;
  for (int r = 0; r < plane.rows; ++r) {
    const auto down =
        static_cast<float>(std::sin(0.23 * plane.y(r)) + std::sin(0.071 * plane.y(r)));
    // The back of the lungs is denser than the front, for blood has weight.
    const auto hanging = static_cast<float>(0.5 * plane.y(r));
    for (int c = 0; c < plane.columns; ++c, ++i) {
      const TissueValues& tissue = values(canvas.tissues()[i]);
      hu[i] = tissue.hounsfield + 0.4f * tissue.grain * across[static_cast<std::size_t>(c)] * down +
              static_cast<float>(kNoise * noise.normal());
      if (tissue.tissue == Tissue::lung) hu[i] += hanging;
    }
  }
  return hu;
}

Dataset slice(const Subject& s, int number) {
  const int index = CtGrid::kSlices - number;  // the first image is that nearest to the head
  const std::string key = ct_key(index);
  const Plane plane = CtGrid::plane();
  const double z = CtGrid::z(index);

  std::vector<float> hu =
      hounsfield(Body(s.key).slice(plane, z, Body::Support::table), key_of(s.key, key));
  smooth(hu, plane.columns, plane.rows);
  Words words(hu.size());
  for (const float value : hu) words.append(value - kIntercept, 0, kStoredMax);

  Dataset d = common_modules(s, kPetCt, kSeries);
  set_instance(d, s, sop::Ct, key, number);
  set_general_image(d, kSeries, "ORIGINAL\\PRIMARY\\AXIAL", kSeries.time);
  set_image_plane(d, s, plane, {kPlanningFrame, z, CtGrid::kThickness});
  set_image_pixel(d, {plane.rows, plane.columns, 16, 12}, words.take());
  // CT Image, PS3.3 C.8.2.1
  d.set_number(tags::RescaleIntercept, kIntercept);
  d.set_number(tags::RescaleSlope, 1);
  d.set_text(tags::RescaleType, "HU");
  d.set_numbers(tags::WindowCenter, {40, -500});
  d.set_numbers(tags::WindowWidth, {400, 1500});
  d.set_number(tags::KVP, 120);
  d.set_number(tags::DataCollectionDiameter, 500);
  d.set_number(tags::ReconstructionDiameter, 500);
  d.set_number(tags::GantryDetectorTilt, 0);
  d.set_number(tags::TableHeight, 150);
  d.set_text(tags::RotationDirection, "CW");
  d.set_number(tags::ExposureTime, 500);
  d.set_number(tags::XRayTubeCurrent, 210);
  d.set_number(tags::Exposure, 105);
  d.set_text(tags::FilterType, "FLAT");
  d.set_text(tags::ConvolutionKernel, "B30f");
  d.set_text(tags::ContrastBolusAgent, "SYNTHETIC");
  d.set_text(tags::ScanOptions, "HELICAL MODE");
  return d;
}

}  // namespace

std::string ct_key(int slice) {
  return "ct/" + std::to_string(slice);
}

void add_ct(Pieces& pieces, const Subject& s, const std::string& folder) {
  for (int number = 1; number <= CtGrid::kSlices; ++number)
    pieces.push_back(
        {folder + "/CT/" + file_name(number), [s, number] { return slice(s, number); }});
}

}  // namespace dcmfs::phantom
