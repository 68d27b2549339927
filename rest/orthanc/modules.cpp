#include "rest/orthanc/modules.h"

#include <array>
#include <set>
#include <span>
#include <string_view>

namespace dcmfs::rest {
namespace {

// clang-format off
// By keyword: the program has constants for few of them.
constexpr std::string_view kPatientModule[] = {
    "PatientName", "PatientID", "IssuerOfPatientID", "IssuerOfPatientIDQualifiersSequence", "TypeOfPatientID",
    "PatientBirthDate", "PatientBirthDateInAlternativeCalendar", "PatientDeathDateInAlternativeCalendar",
    "PatientAlternativeCalendar", "PatientSex", "ReferencedPatientPhotoSequence", "QualityControlSubject",
    "ReferencedPatientSequence", "PatientBirthTime", "OtherPatientIDs", "OtherPatientIDsSequence",
    "OtherPatientNames", "EthnicGroup", "EthnicGroups", "EthnicGroupCodeSequence", "PatientComments",
    "PatientSpeciesDescription", "PatientSpeciesCodeSequence", "PatientBreedDescription", "PatientBreedCodeSequence",
    "BreedRegistrationSequence", "StrainDescription", "StrainNomenclature", "StrainCodeSequence",
    "StrainAdditionalInformation", "StrainStockSequence", "GeneticModificationsSequence", "ResponsiblePerson",
    "ResponsiblePersonRole", "ResponsibleOrganization", "PatientIdentityRemoved", "DeidentificationMethod",
    "DeidentificationMethodCodeSequence", "SourcePatientGroupIdentificationSequence",
    "GroupOfPatientsIdentificationSequence",
};
constexpr std::string_view kGeneralStudy[] = {
    "StudyInstanceUID", "StudyDate", "StudyTime", "ReferringPhysicianName",
    "ReferringPhysicianIdentificationSequence", "ConsultingPhysicianName", "ConsultingPhysicianIdentificationSequence",
    "StudyID", "AccessionNumber", "IssuerOfAccessionNumberSequence", "StudyDescription", "PhysiciansOfRecord",
    "PhysiciansOfRecordIdentificationSequence", "NameOfPhysiciansReadingStudy",
    "PhysiciansReadingStudyIdentificationSequence", "RequestingServiceCodeSequence", "ReferencedStudySequence",
    "ProcedureCodeSequence", "ReasonForPerformedProcedureCodeSequence",
};
constexpr std::string_view kGeneralSeries[] = {
    "Modality", "SeriesInstanceUID", "SeriesNumber", "Laterality", "SeriesDate", "SeriesTime",
    "PerformingPhysicianName", "PerformingPhysicianIdentificationSequence", "ProtocolName", "SeriesDescription",
    "SeriesDescriptionCodeSequence", "OperatorsName", "OperatorIdentificationSequence",
    "ReferencedPerformedProcedureStepSequence", "RelatedSeriesSequence", "BodyPartExamined", "PatientPosition",
    "SmallestPixelValueInSeries", "LargestPixelValueInSeries", "RequestAttributesSequence",
    "PerformedProcedureStepID", "PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime",
    "PerformedProcedureStepEndDate", "PerformedProcedureStepEndTime", "PerformedProcedureStepDescription",
    "PerformedProtocolCodeSequence", "CommentsOnThePerformedProcedureStep", "AnatomicalOrientationType",
    "TreatmentSessionUID",
};
constexpr std::string_view kSopCommon[] = {
    "SOPClassUID", "SOPInstanceUID", "SpecificCharacterSet", "InstanceCreationDate", "InstanceCreationTime",
    "InstanceCoercionDateTime", "InstanceCreatorUID", "RelatedGeneralSOPClassUID", "OriginalSpecializedSOPClassUID",
    "CodingSchemeIdentificationSequence", "ContextGroupIdentificationSequence", "MappingResourceIdentificationSequence",
    "TimezoneOffsetFromUTC", "ContributingEquipmentSequence", "InstanceNumber", "SOPInstanceStatus",
    "SOPAuthorizationDateTime", "SOPAuthorizationComment", "AuthorizationEquipmentCertificationNumber",
    "MACParametersSequence", "DigitalSignaturesSequence", "EncryptedAttributesSequence", "OriginalAttributesSequence",
    "HL7StructuredDocumentReferenceSequence", "LongitudinalTemporalInformationModified", "QueryRetrieveView",
    "ConversionSourceAttributesSequence", "ContentQualification", "PrivateDataElementCharacteristicsSequence",
    "InstanceOriginStatus", "BarcodeValue", "ReferencedDefinedProtocolSequence", "ReferencedPerformedProtocolSequence",
};
// clang-format on

// What DCMTK's dictionary is too old to know is in no file under its keyword either.
std::set<Tag> tags_of_keywords(std::span<const std::string_view> keywords) {
  std::set<Tag> found;
  for (const std::string_view keyword : keywords)
    if (const auto tag = tag_of(keyword)) found.insert(*tag);
  return found;
}

}  // namespace

bool is_in_module(Level level, Tag tag) {
  static const std::array kModules{tags_of_keywords(kPatientModule),
                                   tags_of_keywords(kGeneralStudy),
                                   tags_of_keywords(kGeneralSeries), tags_of_keywords(kSopCommon)};
  return kModules[index_of(level)].contains(tag);
}

}  // namespace dcmfs::rest
