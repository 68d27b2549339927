#include <cmath>
#include <vector>

#include "tools/phantom/contour.h"
#include "tools/phantom/treatment.h"

namespace dcmfs::phantom {
namespace {

constexpr double kAreaMin = 20;   // mm2
constexpr double kRounded = 100;  // parts of a mm

struct Place {
  Tissue tissue;
  double x, y, z;
  const Ball& tumour;

  double to_tumour() const { return std::hypot(x - tumour.x, y - tumour.y, z - tumour.z); }
};

struct Region {
  std::string_view name, type;  // PS3.3 C.8.8.8.1
  int red, green, blue;
  bool (*contains)(const Place&);
};

bool is_lung(const Place& p) {
  return p.tissue == Tissue::lung || p.tissue == Tissue::lung_vessel ||
         (p.tissue == Tissue::tumour && p.to_tumour() < p.tumour.radius + 2);
}
bool is_heart(const Place& p) {
  const double u = (p.x - 20) / 62, v = (p.y + 20) / 46, w = (p.z - 226) / 56;
  return u * u + v * v + w * w < 1 &&
         (p.tissue == Tissue::heart || p.tissue == Tissue::blood || p.tissue == Tissue::fat);
}

// clang-format off
constexpr Region kRegions[] = {
    {"BODY",        "EXTERNAL",   0, 200,   0, [](const Place& p) { return p.tissue != Tissue::air; }},
    {"LUNG_R",      "ORGAN",      0, 160, 255, [](const Place& p) { return p.x < 0 && is_lung(p); }},
    {"LUNG_L",      "ORGAN",     90, 120, 255, [](const Place& p) { return p.x >= 0 && is_lung(p); }},
    {"HEART",       "ORGAN",    255,  90,  90, is_heart},
    {"LIVER",       "ORGAN",    170, 110,  40, [](const Place& p) { return p.tissue == Tissue::liver; }},
    {"SPINAL_CORD", "ORGAN",    255, 255,   0, [](const Place& p) { return p.tissue == Tissue::cord; }},
    {"GTV",         "GTV",      255, 140,   0, [](const Place& p) { return p.to_tumour() < p.tumour.radius; }},
    {"PTV",         "PTV",      255,   0,   0, [](const Place& p) { return p.to_tumour() < p.tumour.radius + kMargin; }},
};
// clang-format on

// Structure Set, PS3.3 C.8.8.5: the CT that was drawn on.
void set_referenced_images(Dataset& d, const Subject& s) {
  Dataset& frame = d.add_item(tags::ReferencedFrameOfReferenceSequence);
  frame.set_text(tags::FrameOfReferenceUID, uid_of(s, kPlanningFrame));
  Dataset& study = frame.add_item(tags::RTReferencedStudySequence);
  study.set_text(tags::ReferencedSOPClassUID, sop::DetachedStudyManagement);
  study.set_text(tags::ReferencedSOPInstanceUID, uid_of(s, kPlanningStudy));
  Dataset& series = study.add_item(tags::RTReferencedSeriesSequence);
  series.set_text(tags::SeriesInstanceUID, uid_of(s, kCtSeries));
  for (int slice = 0; slice < CtGrid::kSlices; ++slice)
    add_reference(series, tags::ContourImageSequence, sop::Ct, uid_of(s, ct_key(slice)));
}

void add_contour(Dataset& roi, const Subject& s, int slice, const Outline& outline) {
  Dataset& contour = roi.add_item(tags::ContourSequence);
  add_reference(contour, tags::ContourImageSequence, sop::Ct, uid_of(s, ct_key(slice)));
  contour.set_text(tags::ContourGeometricType, "CLOSED_PLANAR");
  contour.set_number(tags::NumberOfContourPoints, static_cast<double>(outline.size()));
  std::vector<double> data;
  data.reserve(3 * outline.size());
  for (const Point& point : outline) {
    data.push_back(std::round(point.x * kRounded) / kRounded);
    data.push_back(std::round(point.y * kRounded) / kRounded);
    data.push_back(CtGrid::z(slice));
  }
  contour.set_numbers(tags::ContourData, data);
}

std::vector<Outline> outlines_of(const Region& region, const Canvas& canvas, double z,
                                 const Ball& tumour) {
  const Plane& plane = canvas.plane();
  std::vector<float> mask(plane.pixels());
  std::size_t i = 0;
  for (int row = 0; row < plane.rows; ++row)
    for (int column = 0; column < plane.columns; ++column, ++i)
      mask[i] = region.contains({canvas.at(column, row), plane.x(column), plane.y(row), z, tumour})
                    ? 1.f
                    : 0.f;
  return outlines(plane, std::move(mask), kAreaMin);
}

}  // namespace

Dataset structure_set(const Subject& s) {
  const Body body(s.key);
  Dataset d = common_modules(s, kPetCt, kStructureSeries);
  set_instance(d, s, sop::RtStructureSet, kStructureSet, 1);
  d.set_text(tags::FrameOfReferenceUID, uid_of(s, kPlanningFrame));
  set_empty(d, tags::PositionReferenceIndicator);
  d.set_text(tags::StructureSetLabel, "SYNTHETIC");
  d.set_text(tags::StructureSetDate, d.text_or(tags::StudyDate, ""));
  d.set_text(tags::StructureSetTime, kStructureSeries.time);
  d.set_text(tags::ApprovalStatus, "UNAPPROVED");
  set_referenced_images(d, s);

  std::vector<Dataset> drawn;  // an item of ROIContourSequence for each region
  int number = 0;
  for (const Region& region : kRegions) {
    ++number;
    Dataset& roi = d.add_item(tags::StructureSetROISequence);
    roi.set_number(tags::ROINumber, number);
    roi.set_text(tags::ReferencedFrameOfReferenceUID, uid_of(s, kPlanningFrame));
    roi.set_text(tags::ROIName, region.name);
    roi.set_text(tags::ROIGenerationAlgorithm, "AUTOMATIC");
    Dataset contours;
    contours.set_number(tags::ReferencedROINumber, number);
    contours.set_numbers(tags::ROIDisplayColor,
                         {1.0 * region.red, 1.0 * region.green, 1.0 * region.blue});
    drawn.push_back(std::move(contours));
    Dataset& observation = d.add_item(tags::RTROIObservationsSequence);
    observation.set_number(tags::ObservationNumber, number);
    observation.set_number(tags::ReferencedROINumber, number);
    observation.set_text(tags::RTROIInterpretedType, region.type);
    set_empty(observation, tags::ROIInterpreter);
  }
  // Slice by slice, for the slice is what costs.
  for (int slice = 0; slice < CtGrid::kSlices; ++slice) {
    const double z = CtGrid::z(slice);
    const Canvas canvas = body.slice(CtGrid::plane(), z, Body::Support::none);
    for (std::size_t r = 0; r < std::size(kRegions); ++r)
      for (const Outline& outline : outlines_of(kRegions[r], canvas, z, body.tumour()))
        add_contour(drawn[r], s, slice, outline);
  }
  Element contours;
  contours.tag = tags::ROIContourSequence;
  contours.vr = Vr::SQ;
  contours.items = std::move(drawn);
  d.set(std::move(contours));
  return d;
}

void add_radiotherapy(Pieces& pieces, const Subject& s, const std::string& folder) {
  pieces.push_back({folder + "/RTSTRUCT/" + file_name(1), [s] { return structure_set(s); }});
  pieces.push_back({folder + "/RTPLAN/" + file_name(1), [s] { return plan(s); }});
  pieces.push_back({folder + "/RTDOSE/" + file_name(1), [s] { return dose(s); }});
}

}  // namespace dcmfs::phantom
