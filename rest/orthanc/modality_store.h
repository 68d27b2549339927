#pragma once
// POST /modalities/{id}/store: what is stored, sent by C-STORE.
#include "rest/http/route.h"
#include "rest/jobs/job.h"

namespace dcmfs::rest {

Result<Response> store_to_modality(const Services&, Request&);
JobEnd run_modality_store(const Services&, const Json::Value& parameters,
                          JobRun&);  // DicomModalityStore

// What is told of such a job, to whomever it sends.
Json::Value store_content(const Json::Value& body, std::int64_t instances, std::int64_t failed);

}  // namespace dcmfs::rest
