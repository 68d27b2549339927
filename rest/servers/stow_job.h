#pragma once
// Resources sent to a server of DICOMweb: POST /dicom-web/servers/{id}/stow.
#include "rest/http/message.h"
#include "rest/jobs/job.h"
#include "rest/services.h"

namespace dcmfs::rest {

Result<Response> stow_to_server(const Services&, Request&);
JobEnd run_stow(const Services&, const Json::Value& parameters, JobRun&);

}  // namespace dcmfs::rest
