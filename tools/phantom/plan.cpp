#include <cmath>
#include <vector>

#include "tools/phantom/treatment.h"

namespace dcmfs::phantom {
namespace {

constexpr double kMetersetPerBeam = 90;  // MU for each fraction, of a weight of 1/3
constexpr int kLeafPairs = 60;

// 10 mm outside, 5 mm in the middle, from -200 to 200 mm.
std::vector<double> leaf_boundaries() {
  std::vector<double> edges;
  double edge = -200;
  for (int leaf = 0; leaf < kLeafPairs; ++leaf) {
    edges.push_back(edge);
    edge += leaf < 10 || leaf >= 50 ? 10 : 5;
  }
  edges.push_back(edge);
  return edges;
}

// A round field: one side of all leaves, then the other (PS3.3 C.8.8.14).
std::vector<double> leaf_positions(double radius) {
  const std::vector<double> edges = leaf_boundaries();
  std::vector<double> left, right;
  for (std::size_t leaf = 0; leaf + 1 < edges.size(); ++leaf) {
    const double middle = 0.5 * (edges[leaf] + edges[leaf + 1]);
    const double inside = radius * radius - middle * middle;
    const double half = inside > 0 ? std::round(10 * std::sqrt(inside)) / 10 : 0;
    left.push_back(-half);
    right.push_back(half);
  }
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

struct Device {
  std::string_view type;
  int pairs;
};
constexpr Device kDevices[] = {{"ASYMX", 1}, {"ASYMY", 1}, {"MLCX", kLeafPairs}};

void add_first_control_point(Dataset& beam, const Beam& row, const Ball& centre, double radius) {
  Dataset& point = beam.add_item(tags::ControlPointSequence);
  point.set_number(tags::ControlPointIndex, 0);
  point.set_number(tags::CumulativeMetersetWeight, 0);
  point.set_number(tags::NominalBeamEnergy, 6);
  for (const Device& device : kDevices) {
    Dataset& position = point.add_item(tags::BeamLimitingDevicePositionSequence);
    position.set_text(tags::RTBeamLimitingDeviceType, device.type);
    const double jaw = std::ceil(radius);
    position.set_numbers(tags::LeafJawPositions, device.pairs > 1 ? leaf_positions(radius)
                                                                  : std::vector<double>{-jaw, jaw});
  }
  point.set_number(tags::GantryAngle, row.gantry_degrees);
  point.set_number(tags::BeamLimitingDeviceAngle, 0);
  point.set_number(tags::PatientSupportAngle, 0);
  point.set_number(tags::TableTopEccentricAngle, 0);
  for (const Tag direction :
       {tags::GantryRotationDirection, tags::BeamLimitingDeviceRotationDirection,
        tags::PatientSupportRotationDirection, tags::TableTopEccentricRotationDirection})
    point.set_text(direction, "NONE");
  for (const Tag position : {tags::TableTopVerticalPosition, tags::TableTopLongitudinalPosition,
                             tags::TableTopLateralPosition})
    set_empty(point, position);
  const auto tenth = [](double mm) { return std::round(10 * mm) / 10; };
  point.set_numbers(tags::IsocenterPosition, {tenth(centre.x), tenth(centre.y), tenth(centre.z)});
}

// RT Beams, PS3.3 C.8.8.14.
void add_beam(Dataset& d, const Beam& row, int number, const Body& body) {
  Dataset& beam = d.add_item(tags::BeamSequence);
  beam.set_text(tags::Manufacturer, "dcmfs");
  beam.set_text(tags::TreatmentMachineName, "PHANTOM");
  beam.set_text(tags::PrimaryDosimeterUnit, "MU");
  beam.set_number(tags::SourceAxisDistance, 1000);
  for (const Device& device : kDevices) {
    Dataset& item = beam.add_item(tags::BeamLimitingDeviceSequence);
    item.set_text(tags::RTBeamLimitingDeviceType, device.type);
    item.set_number(tags::NumberOfLeafJawPairs, device.pairs);
    if (device.pairs > 1) item.set_numbers(tags::LeafPositionBoundaries, leaf_boundaries());
  }
  beam.set_number(tags::BeamNumber, number);
  beam.set_text(tags::BeamName, row.name);
  beam.set_text(tags::BeamType, "STATIC");
  beam.set_text(tags::RadiationType, "PHOTON");
  beam.set_text(tags::TreatmentDeliveryType, "TREATMENT");
  for (const Tag none :
       {tags::NumberOfWedges, tags::NumberOfCompensators, tags::NumberOfBoli, tags::NumberOfBlocks})
    beam.set_number(none, 0);
  beam.set_number(tags::FinalCumulativeMetersetWeight, 1);
  beam.set_number(tags::NumberOfControlPoints, 2);
  beam.set_number(tags::ReferencedPatientSetupNumber, 1);
  add_first_control_point(beam, row, isocentre(body), field_radius(body));
  Dataset& last = beam.add_item(tags::ControlPointSequence);
  last.set_number(tags::ControlPointIndex, 1);
  last.set_number(tags::CumulativeMetersetWeight, 1);
}

// RT Fraction Scheme, PS3.3 C.8.8.13.
void add_fractions(Dataset& d) {
  Dataset& group = d.add_item(tags::FractionGroupSequence);
  group.set_number(tags::FractionGroupNumber, 1);
  group.set_number(tags::NumberOfFractionsPlanned, kFractions);
  group.set_number(tags::NumberOfBeams, kBeams.size());
  group.set_number(tags::NumberOfBrachyApplicationSetups, 0);
  int number = 0;
  for (const Beam& beam : kBeams) {
    Dataset& item = group.add_item(tags::ReferencedBeamSequence);
    item.set_number(tags::ReferencedBeamNumber, ++number);
    item.set_number(tags::BeamDose, kPrescribed_Gy / kFractions * beam.weight);
    item.set_number(tags::BeamMeterset, std::round(30 * kMetersetPerBeam * beam.weight) / 10);
  }
}

}  // namespace

Dataset plan(const Subject& s) {
  const Body body(s.key);
  Dataset d = common_modules(s, kPetCt, kPlanSeries);
  set_instance(d, s, sop::RtPlan, kPlan, 1);
  d.set_text(tags::FrameOfReferenceUID, uid_of(s, kPlanningFrame));
  set_empty(d, tags::PositionReferenceIndicator);
  // RT General Plan, Prescription, Patient Setup and Approval, PS3.3 C.8.8.9, 10, 12 and 16
  d.set_text(tags::RTPlanLabel, "Thorax 60 Gy");
  d.set_text(tags::RTPlanName, "synthetic");
  d.set_text(tags::RTPlanDate, d.text_or(tags::StudyDate, ""));
  d.set_text(tags::RTPlanTime, kPlanSeries.time);
  d.set_text(tags::RTPlanGeometry, "PATIENT");
  add_reference(d, tags::ReferencedStructureSetSequence, sop::RtStructureSet,
                uid_of(s, kStructureSet));
  Dataset& target = d.add_item(tags::DoseReferenceSequence);
  target.set_number(tags::DoseReferenceNumber, 1);
  target.set_text(tags::DoseReferenceStructureType, "SITE");
  target.set_text(tags::DoseReferenceType, "TARGET");
  target.set_number(tags::TargetPrescriptionDose, kPrescribed_Gy);
  Dataset& setup = d.add_item(tags::PatientSetupSequence);
  setup.set_number(tags::PatientSetupNumber, 1);
  setup.set_text(tags::PatientPosition, "HFS");
  add_fractions(d);
  int number = 0;
  for (const Beam& beam : kBeams) add_beam(d, beam, ++number, body);
  d.set_text(tags::ApprovalStatus, "UNAPPROVED");
  return d;
}

}  // namespace dcmfs::phantom
