#pragma once
// Attributes that a DICOMDIR alone speaks of. Private to directory.cpp and directory_keys.cpp.
#include "store/dicom/tag.h"

namespace dcmfs::directory_tags {

inline constexpr Tag FileSetID{0x0004, 0x1130};
inline constexpr Tag OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity{0x0004, 0x1200};
inline constexpr Tag OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity{0x0004, 0x1202};
inline constexpr Tag FileSetConsistencyFlag{0x0004, 0x1212};
inline constexpr Tag DirectoryRecordSequence{0x0004, 0x1220};
inline constexpr Tag OffsetOfTheNextDirectoryRecord{0x0004, 0x1400};
inline constexpr Tag RecordInUseFlag{0x0004, 0x1410};
inline constexpr Tag OffsetOfReferencedLowerLevelDirectoryEntity{0x0004, 0x1420};
inline constexpr Tag DirectoryRecordType{0x0004, 0x1430};
inline constexpr Tag PrivateRecordUID{0x0004, 0x1432};
inline constexpr Tag ReferencedFileID{0x0004, 0x1500};
inline constexpr Tag ReferencedSOPClassUIDInFile{0x0004, 0x1510};
inline constexpr Tag ReferencedSOPInstanceUIDInFile{0x0004, 0x1511};
inline constexpr Tag ReferencedTransferSyntaxUIDInFile{0x0004, 0x1512};

inline constexpr Tag RelationshipType{0x0040, 0xa010};
inline constexpr Tag VerificationDateTime{0x0040, 0xa030};
inline constexpr Tag ConceptNameCodeSequence{0x0040, 0xa043};
inline constexpr Tag CompletionFlag{0x0040, 0xa491};
inline constexpr Tag VerificationFlag{0x0040, 0xa493};
inline constexpr Tag ContentSequence{0x0040, 0xa730};
inline constexpr Tag HL7InstanceIdentifier{0x0040, 0xe001};
inline constexpr Tag DocumentTitle{0x0042, 0x0010};
inline constexpr Tag MIMETypeOfEncapsulatedDocument{0x0042, 0x0012};
inline constexpr Tag ContentLabel{0x0070, 0x0080};
inline constexpr Tag ContentDescription{0x0070, 0x0081};
inline constexpr Tag PresentationCreationDate{0x0070, 0x0082};
inline constexpr Tag PresentationCreationTime{0x0070, 0x0083};
inline constexpr Tag ContentCreatorName{0x0070, 0x0084};
inline constexpr Tag DoseSummationType{0x3004, 0x000a};
inline constexpr Tag StructureSetLabel{0x3006, 0x0002};
inline constexpr Tag StructureSetDate{0x3006, 0x0008};
inline constexpr Tag StructureSetTime{0x3006, 0x0009};
inline constexpr Tag TreatmentDate{0x3008, 0x0250};
inline constexpr Tag TreatmentTime{0x3008, 0x0251};
inline constexpr Tag RTPlanLabel{0x300a, 0x0002};
inline constexpr Tag RTPlanDate{0x300a, 0x0006};
inline constexpr Tag RTPlanTime{0x300a, 0x0007};

}  // namespace dcmfs::directory_tags
