#include "rest/orthanc/main_tags.h"

#include <algorithm>
#include <vector>

namespace dcmfs::rest {
namespace {

constexpr Tag kOfPatient[] = {tags::OtherPatientIDs, tags::PatientBirthDate, tags::PatientID,
                              tags::PatientName, tags::PatientSex};
constexpr Tag kOfStudy[] = {tags::AccessionNumber,        tags::InstitutionName,
                            tags::ReferringPhysicianName, tags::RequestedProcedureDescription,
                            tags::RequestingPhysician,    tags::StudyDate,
                            tags::StudyDescription,       tags::StudyID,
                            tags::StudyInstanceUID,       tags::StudyTime,
                            tags::TimezoneOffsetFromUTC};
constexpr Tag kOfSeries[] = {tags::AcquisitionDeviceProcessingDescription,
                             tags::BodyPartExamined,
                             tags::CardiacNumberOfImages,
                             tags::ContrastBolusAgent,
                             tags::ImageOrientationPatient,
                             tags::ImagesInAcquisition,
                             tags::Manufacturer,
                             tags::Modality,
                             tags::NumberOfSlices,
                             tags::NumberOfTemporalPositions,
                             tags::NumberOfTimeSlices,
                             tags::OperatorsName,
                             tags::PerformedProcedureStepDescription,
                             tags::ProtocolName,
                             tags::SequenceName,
                             tags::SeriesDate,
                             tags::SeriesDescription,
                             tags::SeriesInstanceUID,
                             tags::SeriesNumber,
                             tags::SeriesTime,
                             tags::SeriesType,
                             tags::StationName};
constexpr Tag kOfInstance[] = {tags::AcquisitionNumber,
                               tags::ImageComments,
                               tags::ImageIndex,
                               tags::ImageOrientationPatient,
                               tags::ImagePositionPatient,
                               tags::InstanceCreationDate,
                               tags::InstanceCreationTime,
                               tags::InstanceNumber,
                               tags::NumberOfFrames,
                               tags::SOPInstanceUID,
                               tags::TemporalPositionIdentifier};
constexpr std::span<const Tag> kOf[] = {kOfPatient, kOfStudy, kOfSeries, kOfInstance};

}  // namespace

std::span<const Tag> main_tags(Level level) {
  return kOf[index_of(level)];
}

std::string main_tags_text(Level level) {
  const auto of_level = main_tags(level);
  std::vector<Tag> sorted(of_level.begin(), of_level.end());
  std::ranges::sort(sorted);
  std::string text;
  for (const Tag tag : sorted) text += (text.empty() ? "" : ";") + to_string(tag);
  return text;
}

}  // namespace dcmfs::rest
