#pragma once
// The jobs that make instances of stored ones.
#include <string_view>

#include "rest/jobs/job.h"
#include "store/dicom/modify.h"
#include "store/level.h"

namespace dcmfs::rest {

// "ResourceModification": {"Anonymize", "Bulk", "Level", "Resources": [ids], "Body", "Origin"}
JobEnd run_modification(const Services&, const Json::Value& parameters, JobRun&);
// "MergeStudy": {"Target": id, "Body", "Origin"}
JobEnd run_merge(const Services&, const Json::Value& parameters, JobRun&);
// "SplitStudy": {"Study": id, "Body", "Origin"}
JobEnd run_split(const Services&, const Json::Value& parameters, JobRun&);

// What an anonymized patient is called where the client does not say: by the same UIDs the same for the
// same patient, and nothing that tells who it was. Who has no PatientID may be anybody: `own` is
// for those, so that they do not become one person over the years.
Modification::Anonymous pseudonym(const UidMap& uids, const UidMap& own,
                                  std::string_view patient_id);

EditLevel edit_level(Level);
// The transfer syntax that "Transcode" of a body asks for: its UID, or "". invalid_argument.
Result<std::string> wanted_transfer_syntax(const Json::Value& body);

}  // namespace dcmfs::rest
