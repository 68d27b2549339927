#pragma once
// C-MOVE and C-GET as jobs, of resources that are told by their unique keys.
#include "rest/http/route.h"
#include "rest/jobs/answer_as_job.h"
#include "rest/jobs/job.h"
#include "rest/modalities.h"

namespace dcmfs::rest {

// Of an identifier, or an answer to one: those of the level and above it. invalid_argument: the level's own
// has no value.
Result<Modalities::UniqueKeys> unique_keys(Level, const Dataset&);
// The job that retrieves them. `wishes`: "TargetAet", "RetrieveMethod" ("C-MOVE" or "C-GET"), "LocalAet",
// "Timeout". Without a target they come to this node. invalid_argument.
Result<NewJob> retrieve_job(const Services&, const std::string& modality, Level,
                            const std::vector<Dataset>& identifiers, const Json::Value& wishes);

Result<Response> move_from_modality(const Services&, Request&);
Result<Response> get_from_modality(const Services&, Request&);

JobEnd run_move(const Services&, const Json::Value& parameters, JobRun&);  // DicomMoveScu
JobEnd run_get(const Services&, const Json::Value& parameters, JobRun&);   // DicomGetScu

}  // namespace dcmfs::rest
