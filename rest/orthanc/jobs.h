#pragma once
// Routes of jobs.
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> list_jobs(const Services&, Request&);
Result<Response> get_job(const Services&, Request&);
Result<Response> remove_job(const Services&, Request&);
Result<Response> cancel_job(const Services&, Request&);
Result<Response> pause_job(const Services&, Request&);
Result<Response> resume_job(const Services&, Request&);
Result<Response> resubmit_job(const Services&, Request&);
Result<Response> get_job_output(const Services&, Request&);
Result<Response> remove_job_output(const Services&, Request&);

}  // namespace dcmfs::rest
