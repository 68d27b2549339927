#include <cmath>
#include <numbers>
#include <vector>

#include "tools/phantom/treatment.h"

namespace dcmfs::phantom {
namespace {

constexpr int kColumns = 96, kRows = 64, kFrames = 44;
constexpr double kSpacing = 4, kLowest = 92;           // mm
constexpr double kAttenuation = 0.0042;                // per mm
constexpr double kPenumbra = 6;                        // mm
constexpr double kScatter = 0.03, kScatterReach = 45;  // of the dose at the isocentre; mm
constexpr double kStoredMax = 65535;

// How much of a beam of half width `half` is left beside its axis.
double profile(double off_axis, double half) {
  return 0.5 * (std::erf((half - off_axis) / kPenumbra) + std::erf((half + off_axis) / kPenumbra));
}

// Relative to the isocentre, which gets 1.
double relative_dose(double x, double y, double z, double half) {
  double dose = 0;
  for (const Beam& beam : kBeams) {
    // IEC 61217: at 0 the source is above the patient, at 90 on the patient's left (HFS).
    const double angle = beam.gantry_degrees * std::numbers::pi / 180;
    const double beyond = -x * std::sin(angle) + y * std::cos(angle);
    const double beside = x * std::cos(angle) + y * std::sin(angle);
    dose +=
        beam.weight * profile(beside, half) * profile(z, half) * std::exp(-kAttenuation * beyond);
  }
  return dose + kScatter * std::exp(-std::hypot(x, y, z) / kScatterReach);
}

std::vector<double> dose_grid(const Body& body, const Plane& plane) {
  const Ball& centre = isocentre(body);
  const double half = field_radius(body);
  std::vector<double> gray;
  gray.reserve(plane.pixels() * kFrames);
  const double full = relative_dose(0, 0, 0, half);
  for (int frame = 0; frame < kFrames; ++frame) {
    const double z = kLowest + frame * kSpacing;
    const Canvas canvas = body.slice(plane, z, Body::Support::none);
    for (int row = 0; row < plane.rows; ++row) {
      for (int column = 0; column < plane.columns; ++column) {
        const bool inside = canvas.at(column, row) != Tissue::air;
        gray.push_back(!inside ? 0
                               : kPrescribed_Gy / full *
                                     relative_dose(plane.x(column) - centre.x,
                                                   plane.y(row) - centre.y, z - centre.z, half));
      }
    }
  }
  return gray;
}

}  // namespace

Dataset dose(const Subject& s) {
  const Body body(s.key);
  const Plane plane = centred_plane(kColumns, kRows, kSpacing);
  const std::vector<double> gray = dose_grid(body, plane);
  const double highest = *std::max_element(gray.begin(), gray.end());
  const double scaling = std::ceil(highest / kStoredMax * 1e9) / 1e9;
  Words words(gray.size());
  for (const double value : gray) words.append(value / scaling, 0, kStoredMax);

  Dataset d = common_modules(s, kPetCt, kDoseSeries);
  set_instance(d, s, sop::RtDose, kDose, 1);
  set_image_plane(d, s, plane, {kPlanningFrame, kLowest, kSpacing});
  d.erase(tags::SliceLocation);    // of single slices
  d.erase(tags::PatientPosition);  // of series of images
  set_image_pixel(d, {plane.rows, plane.columns, 16, 16}, words.take());
  d.set_text(tags::ContentDate, d.text_or(tags::SeriesDate, ""));
  d.set_text(tags::ContentTime, kDoseSeries.time);
  d.set_number(tags::NumberOfFrames, kFrames);
  d.set_text(tags::FrameIncrementPointer, "3004000c");
  // RT Dose, PS3.3 C.8.8.3
  d.set_text(tags::DoseUnits, "GY");
  d.set_text(tags::DoseType, "PHYSICAL");
  d.set_text(tags::DoseComment, "synthetic");
  d.set_text(tags::DoseSummationType, "PLAN");
  std::vector<double> offsets;
  for (int frame = 0; frame < kFrames; ++frame) offsets.push_back(frame * kSpacing);
  d.set_numbers(tags::GridFrameOffsetVector, offsets);
  d.set_number(tags::DoseGridScaling, scaling);
  d.set_text(tags::TissueHeterogeneityCorrection, "IMAGE");
  add_reference(d, tags::ReferencedRTPlanSequence, sop::RtPlan, uid_of(s, kPlan));
  return d;
}

}  // namespace dcmfs::phantom
