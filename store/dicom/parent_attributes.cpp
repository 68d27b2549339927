#include "store/dicom/parent_attributes.h"

namespace dcmfs {
namespace {

constexpr SharedWith kOfPatient = SharedWith::patient, kOfStudy = SharedWith::study,
                     kOfSeries = SharedWith::series;

// clang-format off
constexpr SharedAttribute kShared[] = {
    // Patient Module, C.7.1.1
    {kOfPatient, {0x0008, 0x1120}},  // ReferencedPatientSequence
    {kOfPatient, tags::PatientName},
    {kOfPatient, tags::PatientID},
    {kOfPatient, {0x0010, 0x0021}},  // IssuerOfPatientID
    {kOfPatient, {0x0010, 0x0022}},  // TypeOfPatientID
    {kOfPatient, {0x0010, 0x0024}},  // IssuerOfPatientIDQualifiersSequence
    {kOfPatient, tags::PatientBirthDate},
    {kOfPatient, {0x0010, 0x0032}},  // PatientBirthTime
    {kOfPatient, tags::PatientSex},
    {kOfPatient, {0x0010, 0x1000}},  // OtherPatientIDs
    {kOfPatient, {0x0010, 0x1001}},  // OtherPatientNames
    {kOfPatient, {0x0010, 0x1002}},  // OtherPatientIDsSequence
    {kOfPatient, {0x0010, 0x2160}},  // EthnicGroup
    {kOfPatient, {0x0010, 0x2201}},  // PatientSpeciesDescription
    {kOfPatient, {0x0010, 0x2202}},  // PatientSpeciesCodeSequence
    {kOfPatient, {0x0010, 0x2292}},  // PatientBreedDescription
    {kOfPatient, {0x0010, 0x2293}},  // PatientBreedCodeSequence
    {kOfPatient, {0x0010, 0x2294}},  // BreedRegistrationSequence
    {kOfPatient, {0x0010, 0x2297}},  // ResponsiblePerson
    {kOfPatient, {0x0010, 0x2298}},  // ResponsiblePersonRole
    {kOfPatient, {0x0010, 0x2299}},  // ResponsibleOrganization
    {kOfPatient, {0x0010, 0x4000}},  // PatientComments
    {kOfPatient, tags::PatientIdentityRemoved},
    {kOfPatient, tags::DeidentificationMethod},
    {kOfPatient, tags::DeidentificationMethodCodeSequence},
    // General Study and Patient Study Modules, C.7.2.1 and C.7.2.2
    {kOfStudy, tags::StudyDate},
    {kOfStudy, tags::StudyTime},
    {kOfStudy, tags::AccessionNumber},
    {kOfStudy, {0x0008, 0x0051}},  // IssuerOfAccessionNumberSequence
    {kOfStudy, tags::ReferringPhysicianName},
    {kOfStudy, {0x0008, 0x0096}},  // ReferringPhysicianIdentificationSequence
    {kOfStudy, tags::StudyDescription},
    {kOfStudy, {0x0008, 0x1032}},  // ProcedureCodeSequence
    {kOfStudy, {0x0008, 0x1048}},  // PhysiciansOfRecord
    {kOfStudy, {0x0008, 0x1049}},  // PhysiciansOfRecordIdentificationSequence
    {kOfStudy, {0x0008, 0x1060}},  // NameOfPhysiciansReadingStudy
    {kOfStudy, {0x0008, 0x1062}},  // PhysiciansReadingStudyIdentificationSequence
    {kOfStudy, {0x0008, 0x1080}},  // AdmittingDiagnosesDescription
    {kOfStudy, {0x0008, 0x1084}},  // AdmittingDiagnosesCodeSequence
    {kOfStudy, {0x0010, 0x1010}},  // PatientAge
    {kOfStudy, {0x0010, 0x1020}},  // PatientSize
    {kOfStudy, tags::PatientWeight},
    {kOfStudy, {0x0010, 0x2180}},  // Occupation
    {kOfStudy, {0x0010, 0x21b0}},  // AdditionalPatientHistory
    {kOfStudy, tags::StudyInstanceUID},
    {kOfStudy, tags::StudyID},
    // General Series, Frame of Reference and General Equipment Modules, C.7.3.1, C.7.4.1, C.7.5.1
    {kOfSeries, tags::SeriesDate},
    {kOfSeries, tags::SeriesTime},
    {kOfSeries, tags::Modality},
    {kOfSeries, {0x0008, 0x0070}},  // Manufacturer
    {kOfSeries, {0x0008, 0x0080}},  // InstitutionName
    {kOfSeries, {0x0008, 0x1010}},  // StationName
    {kOfSeries, tags::SeriesDescription},
    {kOfSeries, {0x0008, 0x1050}},  // PerformingPhysicianName
    {kOfSeries, {0x0008, 0x1070}},  // OperatorsName
    {kOfSeries, {0x0008, 0x1090}},  // ManufacturerModelName
    {kOfSeries, {0x0018, 0x0015}},  // BodyPartExamined
    {kOfSeries, {0x0018, 0x1030}},  // ProtocolName
    {kOfSeries, {0x0018, 0x5100}},  // PatientPosition
    {kOfSeries, tags::SeriesInstanceUID},
    {kOfSeries, tags::SeriesNumber},
    {kOfSeries, {0x0020, 0x0060}},  // Laterality
    {kOfSeries, tags::FrameOfReferenceUID},
    {kOfSeries, {0x0020, 0x1040}},  // PositionReferenceIndicator
};
// clang-format on

}  // namespace

std::span<const SharedAttribute> shared_attributes() {
  return kShared;
}

}  // namespace dcmfs
