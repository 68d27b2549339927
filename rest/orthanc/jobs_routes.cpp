#include "rest/http/route.h"
#include "rest/orthanc/jobs.h"
#include "rest/orthanc/tables.h"

namespace dcmfs::rest {
namespace {

using enum Method;
using enum Access;
using enum Takes;

// clang-format off
constexpr Route kJobsRoutes[] = {
    {get,     "/jobs",               kNoLevel, read,  nothing, list_jobs,         "Jobs; with ?expand all of each"},
    {get,     "/jobs/{id}",          kNoLevel, read,  nothing, get_job,           "How far a job is, or how it ended"},
    {delete_, "/jobs/{id}",          kNoLevel, write, nothing, remove_job,        "Forget a job that ended"},
    {post,    "/jobs/{id}/cancel",   kNoLevel, write, text,    cancel_job,        "End a job"},
    {post,    "/jobs/{id}/pause",    kNoLevel, write, text,    pause_job,         "Let a job wait"},
    {post,    "/jobs/{id}/resume",   kNoLevel, write, text,    resume_job,        "Go on with a job that was paused"},
    {post,    "/jobs/{id}/resubmit", kNoLevel, write, text,    resubmit_job,      "Try again a job that failed"},
    {get,     "/jobs/{id}/{key}",    kNoLevel, read,  nothing, get_job_output,    "A file that a job left"},
    {delete_, "/jobs/{id}/{key}",    kNoLevel, write, nothing, remove_job_output, "Remove a file that a job left"},
};
// clang-format on

}  // namespace

RouteTable jobs_routes() {
  return kJobsRoutes;
}

}  // namespace dcmfs::rest
