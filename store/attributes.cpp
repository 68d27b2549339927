#include "store/attributes.h"

#include <algorithm>
#include <array>

#include "store/detail/computed.h"

namespace dcmfs {
namespace {

// clang-format off
#define DCMFS_ROW(level, keyword, search) \
  Attribute{tags::keyword, Level::level, #keyword, Search::search}

// By level, from the patient down. Within a level the order does not matter.
// PatientAge, PatientSize and PatientWeight are of the Patient Study module (PS3.3 C.7.2.2): of the study.
// What else is said of the patient is also kept as each study says it: in the Study Root it is an attribute of
// the study (PS3.4 C.6.2.1), and one PatientID, an empty one above all, may be that of several people.
constexpr std::array kAttributes{
    DCMFS_ROW(patient,  PatientID,                              folded),
    DCMFS_ROW(patient,  PatientName,                            letters),
    DCMFS_ROW(patient,  PatientBirthDate,                       exact),
    DCMFS_ROW(patient,  PatientSex,                             none),
    DCMFS_ROW(patient,  OtherPatientIDs,                        none),
    DCMFS_ROW(patient,  IssuerOfPatientID,                      none),

    DCMFS_ROW(study,    StudyInstanceUID,                       none),
    DCMFS_ROW(study,    PatientName,                            letters),
    DCMFS_ROW(study,    PatientBirthDate,                       exact),
    DCMFS_ROW(study,    PatientSex,                             none),
    DCMFS_ROW(study,    OtherPatientIDs,                        none),
    DCMFS_ROW(study,    IssuerOfPatientID,                      none),
    DCMFS_ROW(study,    StudyDate,                              exact),
    DCMFS_ROW(study,    StudyTime,                              none),
    DCMFS_ROW(study,    StudyID,                                none),
    DCMFS_ROW(study,    StudyDescription,                       folded),
    DCMFS_ROW(study,    AccessionNumber,                        folded),
    DCMFS_ROW(study,    ReferringPhysicianName,                 folded),
    DCMFS_ROW(study,    RequestedProcedureDescription,          none),
    DCMFS_ROW(study,    RequestingPhysician,                    none),
    DCMFS_ROW(study,    InstitutionName,                        none),
    DCMFS_ROW(study,    TimezoneOffsetFromUTC,                  none),
    DCMFS_ROW(study,    PatientAge,                             none),
    DCMFS_ROW(study,    PatientSize,                            none),
    DCMFS_ROW(study,    PatientWeight,                          none),

    DCMFS_ROW(series,   SeriesInstanceUID,                      none),
    DCMFS_ROW(series,   Modality,                               exact),
    DCMFS_ROW(series,   SeriesNumber,                           none),
    DCMFS_ROW(series,   SeriesDescription,                      none),
    DCMFS_ROW(series,   SeriesDate,                             none),
    DCMFS_ROW(series,   SeriesTime,                             none),
    DCMFS_ROW(series,   SeriesType,                             none),
    DCMFS_ROW(series,   Manufacturer,                           none),
    DCMFS_ROW(series,   ManufacturerModelName,                  none),
    DCMFS_ROW(series,   StationName,                            none),
    DCMFS_ROW(series,   BodyPartExamined,                       none),
    DCMFS_ROW(series,   SequenceName,                           none),
    DCMFS_ROW(series,   ProtocolName,                           none),
    DCMFS_ROW(series,   OperatorsName,                          none),
    DCMFS_ROW(series,   CardiacNumberOfImages,                  none),
    DCMFS_ROW(series,   ImagesInAcquisition,                    none),
    DCMFS_ROW(series,   NumberOfTemporalPositions,              none),
    DCMFS_ROW(series,   NumberOfSlices,                         none),
    DCMFS_ROW(series,   NumberOfTimeSlices,                     none),
    DCMFS_ROW(series,   ImageOrientationPatient,                none),
    DCMFS_ROW(series,   FrameOfReferenceUID,                    none),
    DCMFS_ROW(series,   PerformedProcedureStepStartDate,        none),
    DCMFS_ROW(series,   PerformedProcedureStepStartTime,        none),
    DCMFS_ROW(series,   PerformedProcedureStepDescription,      none),
    DCMFS_ROW(series,   AcquisitionDeviceProcessingDescription, none),
    DCMFS_ROW(series,   ContrastBolusAgent,                     none),

    DCMFS_ROW(instance, SOPInstanceUID,                         none),
    DCMFS_ROW(instance, SOPClassUID,                            none),
    DCMFS_ROW(instance, InstanceNumber,                         none),
    DCMFS_ROW(instance, InstanceCreationDate,                   none),
    DCMFS_ROW(instance, InstanceCreationTime,                   none),
    DCMFS_ROW(instance, ContentDate,                            none),
    DCMFS_ROW(instance, ContentTime,                            none),
    DCMFS_ROW(instance, AcquisitionNumber,                      none),
    DCMFS_ROW(instance, ImageIndex,                             none),
    DCMFS_ROW(instance, TemporalPositionIdentifier,             none),
    DCMFS_ROW(instance, ImagePositionPatient,                   none),
    DCMFS_ROW(instance, ImageOrientationPatient,                none),
    DCMFS_ROW(instance, ImageComments,                          none),
    DCMFS_ROW(instance, NumberOfFrames,                         none),
    DCMFS_ROW(instance, Rows,                                   none),
    DCMFS_ROW(instance, Columns,                                none),
    DCMFS_ROW(instance, BitsAllocated,                          none),
};
#undef DCMFS_ROW

// clang-format on

static_assert(std::ranges::is_sorted(kAttributes, {}, &Attribute::level));

}  // namespace

std::span<const Attribute> attributes() {
  return kAttributes;
}

std::span<const Attribute> attributes(Level level) {
  // Not equal_range: clang 14 does not compile the subrange of libstdc++ 12 (LLVM 44178).
  const auto* first = std::ranges::lower_bound(kAttributes, level, {}, &Attribute::level);
  const auto* last = std::ranges::upper_bound(kAttributes, level, {}, &Attribute::level);
  return {first, last};
}

const Attribute* find_attribute(Tag tag) {
  const auto found = std::ranges::find(kAttributes, tag, &Attribute::tag);
  return found == kAttributes.end() ? nullptr : &*found;
}

const Attribute* find_attribute(Tag tag, Level level) {
  const Attribute* nearest = nullptr;
  for (const Attribute& attribute : kAttributes)
    if (attribute.tag == tag && (!nearest || attribute.level <= level)) nearest = &attribute;
  return nearest;
}

bool is_folded(const Attribute& attribute) {
  return attribute.search == Search::folded || attribute.search == Search::letters;
}

bool is_unique_key(const Attribute& attribute) {
  return attribute.tag == info(attribute.level).unique_key;
}

bool is_computed(Tag tag) {
  return detail::find_computed(tag) != nullptr;
}

std::optional<Level> level_of(Tag tag) {
  if (const Attribute* kept = find_attribute(tag)) return kept->level;
  if (const detail::Computed* computed = detail::find_computed(tag)) return computed->level;
  return std::nullopt;
}

}  // namespace dcmfs
