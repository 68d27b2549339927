#pragma once
// What takes from an index, while it is closed, that which a version of before had not.

namespace dcmfs::detail {

// Version 6: the studies have no PatientName of their own, nor what else is said of the patient.
inline constexpr char kMakeVersion6[] =
    "DROP TABLE study_trigram; DROP INDEX study_PatientName_fold;"
    " DROP INDEX study_PatientBirthDate; ALTER TABLE study DROP COLUMN PatientName;"
    " ALTER TABLE study DROP COLUMN PatientName_fold;"
    " ALTER TABLE study DROP COLUMN PatientBirthDate; ALTER TABLE study DROP COLUMN PatientSex;"
    " ALTER TABLE study DROP COLUMN OtherPatientIDs;"
    " ALTER TABLE study DROP COLUMN IssuerOfPatientID; PRAGMA user_version = 6;";

}  // namespace dcmfs::detail
