#pragma once
// Resources fetched from a server of DICOMweb: POST /dicom-web/servers/{id}/retrieve, and /wado.
#include "rest/http/message.h"
#include "rest/jobs/job.h"
#include "rest/services.h"

namespace dcmfs::rest {

// "Resources": [{"Study": UID, "Series": UID, "Instance": UID}], the latter two where they are wanted.
Result<Response> retrieve_from_server(const Services&, Request&);
// "Uri": that of a WADO-RS request.
Result<Response> wado_from_server(const Services&, Request&);
JobEnd run_web_retrieve(const Services&, const Json::Value& parameters, JobRun&);

}  // namespace dcmfs::rest
