#include "rest/orthanc/jobs.h"

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/jobs/jobs.h"
#include "rest/services.h"

namespace dcmfs::rest {
namespace {

Result<Response> change_job(const Services& services, const Request& request,
                            Result<> (Jobs::*change)(std::string_view)) {
  DCMFS_CHECK((services.jobs->*change)(request.part("id")));
  return empty_object();
}

}  // namespace

Result<Response> list_jobs(const Services& services, Request& request) {
  Json::Value list(Json::arrayValue);
  for (const auto& id : services.jobs->ids()) {
    if (!request.query.flag("expand")) {
      list.append(id);
      continue;
    }
    auto job = services.jobs->json(id);
    if (job) list.append(*std::move(job));  // else it was forgotten just now
  }
  return json_response(list);
}

Result<Response> get_job(const Services& services, Request& request) {
  DCMFS_TRY(const auto job, services.jobs->json(request.part("id")));
  return json_response(job);
}

Result<Response> remove_job(const Services& services, Request& request) {
  DCMFS_CHECK(services.jobs->remove(request.part("id")));
  return text_response({});
}

Result<Response> cancel_job(const Services& services, Request& request) {
  return change_job(services, request, &Jobs::cancel);
}
Result<Response> pause_job(const Services& services, Request& request) {
  return change_job(services, request, &Jobs::pause);
}
Result<Response> resume_job(const Services& services, Request& request) {
  return change_job(services, request, &Jobs::resume);
}
Result<Response> resubmit_job(const Services& services, Request& request) {
  return change_job(services, request, &Jobs::resubmit);
}

Result<Response> get_job_output(const Services& services, Request& request) {
  return services.jobs->output(request.part("id"), request.part("key"));
}

Result<Response> remove_job_output(const Services& services, Request& request) {
  DCMFS_CHECK(services.jobs->remove_output(request.part("id"), request.part("key")));
  return text_response({});
}

}  // namespace dcmfs::rest
