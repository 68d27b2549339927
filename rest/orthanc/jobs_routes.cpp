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
    {get,     "/jobs",               kNoLevel, read,  nothing, list_jobs,         "Jobs; with ?expand all of each", Gives::json},
    {get,     "/jobs/{id}",          kNoLevel, read,  nothing, get_job,           "How far a job is, or how it ended", Gives::json},
    {delete_, "/jobs/{id}",          kNoLevel, write, nothing, remove_job,        "Forget a job that ended", Gives::text},
    {post,    "/jobs/{id}/cancel",   kNoLevel, write, text,    cancel_job,        "End a job", Gives::json},
    {post,    "/jobs/{id}/pause",    kNoLevel, write, text,    pause_job,         "Let a job wait", Gives::json},
    {post,    "/jobs/{id}/resume",   kNoLevel, write, text,    resume_job,        "Go on with a job that was paused", Gives::json},
    {post,    "/jobs/{id}/resubmit", kNoLevel, write, text,    resubmit_job,      "Try again a job that failed", Gives::json},
    {get,     "/jobs/{id}/{key}",    kNoLevel, read,  nothing, get_job_output,    "A file that a job left", Gives::bytes},
    {delete_, "/jobs/{id}/{key}",    kNoLevel, write, nothing, remove_job_output, "Remove a file that a job left", Gives::text},
};
// clang-format on

}  // namespace

RouteTable jobs_routes() {
  return kJobsRoutes;
}

}  // namespace dcmfs::rest
