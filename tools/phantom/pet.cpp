#include <algorithm>
#include <array>
#include <cmath>

#include "tools/phantom/body.h"
#include "tools/phantom/images.h"
#include "tools/phantom/noise.h"
#include "tools/phantom/smooth.h"

namespace dcmfs::phantom {
namespace {

constexpr int kSlices = 200;
constexpr double kThickness = 5, kLowest = -310;  // mm: from the thighs to the crown
constexpr int kSlicesPerBed = 25, kBedSeconds = 120;
constexpr Series kSeries{"series/pet", 3, "PT", "101500", "Whole Body AC", "WHOLEBODY"};
constexpr int kSeriesSecond = (10 * 60 + 15) * 60;
constexpr int kInjectionSecond = (9 * 60 + 15) * 60;
constexpr std::string_view kInjection = "091500";
constexpr double kDoseBq = 3.5e8, kHalfLife_s = 6586.2, kPositronFraction = 0.967;  // fluorine 18
constexpr double kStoredMax = 32767;
constexpr double kNoise = 0.35;  // of the square root of the uptake, before smoothing

Plane pet_plane() {
  return centred_plane(168, 168, 4.07283);
}

// Bq/ml for a standardised uptake value of 1, at the time of the series.
double activity_per_suv(const Subject& s) {
  const double decayed = kDoseBq * std::exp2(-(kSeriesSecond - kInjectionSecond) / kHalfLife_s);
  return decayed / (1000 * s.weight_kg);
}

// The scanner resolves some 6 mm: neighbouring slices are blurred into each other too.
std::vector<float> uptake(const Subject& s, double z, std::uint64_t key) {
  constexpr std::array kWeights{0.08, 0.22, 0.40, 0.22, 0.08};
  const Plane plane = pet_plane();
  const Body body(s.key);
  std::vector<float> suv(plane.pixels(), 0.f);
  for (std::size_t i = 0; i < kWeights.size(); ++i) {
    const Canvas canvas =
        body.slice(plane, z + (static_cast<double>(i) - 2) * 0.7 * kThickness, Body::Support::none);
    const auto weight = static_cast<float>(kWeights[i]);
    for (std::size_t p = 0; p < suv.size(); ++p) suv[p] += weight * values(canvas.tissues()[p]).suv;
  }
  smooth(suv, plane.columns, plane.rows);
  Noise noise(key);
  for (float& value : suv)
    value += static_cast<float>(kNoise * std::sqrt(value + 0.02) * noise.normal());
  smooth(suv, plane.columns, plane.rows);
  return suv;
}

std::string time_text(int second) {
  const int clock = second / 3600 * 10000 + second / 60 % 60 * 100 + second % 60;
  const std::string text = std::to_string(clock);
  return std::string(6 - text.size(), '0') + text;
}

// Radiopharmaceutical and patient orientation, PS3.3 C.8.9.2 and C.8.4.6.
void set_isotope(Dataset& d) {
  Dataset& drug = d.add_item(tags::RadiopharmaceuticalInformationSequence);
  drug.set_text(tags::Radiopharmaceutical, "Fluorodeoxyglucose");
  drug.set_text(tags::RadiopharmaceuticalStartTime, kInjection);
  drug.set_text(tags::RadiopharmaceuticalStartDateTime,
                d.text_or(tags::StudyDate, "") + std::string(kInjection));
  drug.set_number(tags::RadionuclideTotalDose, kDoseBq);
  drug.set_number(tags::RadionuclideHalfLife, kHalfLife_s);
  drug.set_number(tags::RadionuclidePositronFraction, kPositronFraction);
  set_code(drug, tags::RadionuclideCodeSequence, {"77004003", "SCT", "^18^Fluorine"});
  set_code(drug, tags::RadiopharmaceuticalCodeSequence,
           {"35321007", "SCT", "Fluorodeoxyglucose F^18^"});
  Dataset& lying =
      set_code(d, tags::PatientOrientationCodeSequence, {"102538003", "SCT", "recumbent"});
  set_code(lying, tags::PatientOrientationModifierCodeSequence, {"40199007", "SCT", "supine"});
  set_code(d, tags::PatientGantryRelationshipCodeSequence, {"102540008", "SCT", "headfirst"});
}

// PET Series and PET Image, PS3.3 C.8.9.1 and C.8.9.4.
void set_pet(Dataset& d, int number, int bed) {
  d.set_text(tags::Units, "BQML");
  d.set_text(tags::CountsSource, "EMISSION");
  d.set_text(tags::SeriesType, "WHOLE BODY\\IMAGE");
  d.set_number(tags::NumberOfSlices, kSlices);
  d.set_text(tags::CorrectedImage, "DECY\\ATTN\\SCAT\\DTIM\\RAN\\NORM");
  d.set_text(tags::RandomsCorrectionMethod, "DLYD");
  d.set_text(tags::AttenuationCorrectionMethod, "synthetic");
  d.set_text(tags::ScatterCorrectionMethod, "synthetic");
  d.set_text(tags::DecayCorrection, "START");
  d.set_text(tags::ReconstructionMethod, "synthetic");
  d.set_text(tags::CollimatorType, "NONE");
  d.set_number(tags::ActualFrameDuration, 1000 * kBedSeconds);
  const double middle_s = (bed + 0.5) * kBedSeconds;
  d.set_number(tags::FrameReferenceTime, 1000 * middle_s);
  d.set_number(tags::DecayFactor, std::exp2(middle_s / kHalfLife_s));
  d.set_number(tags::DoseCalibrationFactor, 1);
  d.set_number(tags::ImageIndex, number);
}

Dataset slice(const Subject& s, int number) {
  const int index = kSlices - number;
  const std::string key = "pet/" + std::to_string(index);
  const double z = kLowest + index * kThickness;
  const Plane plane = pet_plane();

  const std::vector<float> suv = uptake(s, z, key_of(s.key, key));
  const double factor = activity_per_suv(s);
  // Each slice uses the whole range of its words, as scanners do.
  const double highest = std::max<double>(0.1, *std::max_element(suv.begin(), suv.end()));
  const double slope = std::ceil(factor * highest / kStoredMax * 1e6) / 1e6;
  Words words(suv.size());
  for (const float value : suv) words.append(value * factor / slope, 0, kStoredMax);

  const int bed = (number - 1) / kSlicesPerBed;
  Dataset d = common_modules(s, kPetCt, kSeries);
  set_instance(d, s, sop::Pet, key, number);
  set_general_image(d, kSeries, "ORIGINAL\\PRIMARY", time_text(kSeriesSecond + bed * kBedSeconds));
  set_image_plane(d, s, plane, {kPlanningFrame, z, kThickness});
  set_image_pixel(d, {plane.rows, plane.columns, 16, 16, true}, words.take());
  d.set_number(tags::RescaleIntercept, 0);
  d.set_number(tags::RescaleSlope, slope);
  d.set_number(tags::WindowCenter, std::round(3.5 * factor));
  d.set_number(tags::WindowWidth, std::round(7 * factor));
  d.erase(tags::PatientPosition);  // PS3.3 C.7.3.1: not beside PatientOrientationCodeSequence
  set_isotope(d);
  set_pet(d, number, bed);
  return d;
}

}  // namespace

void add_pet(Pieces& pieces, const Subject& s, const std::string& folder) {
  for (int number = 1; number <= kSlices; ++number)
    pieces.push_back(
        {folder + "/PET/" + file_name(number), [s, number] { return slice(s, number); }});
}

}  // namespace dcmfs::phantom
