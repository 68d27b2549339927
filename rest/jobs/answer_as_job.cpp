#include "rest/jobs/answer_as_job.h"

#include <limits>

#include <json/json.h>

#include "rest/http/json.h"
#include "rest/jobs/jobs.h"
#include "rest/services.h"

namespace dcmfs::rest {

Result<JobWishes> job_wishes(const Json::Value& body, Waits otherwise) {
  JobWishes wishes{.waits = otherwise};
  if (!body.isObject()) return wishes;
  DCMFS_TRY(const bool synchronous, json_bool(body, "Synchronous", otherwise == Waits::yes));
  DCMFS_TRY(const bool asynchronous, json_bool(body, "Asynchronous", !synchronous));
  wishes.waits = asynchronous ? Waits::no : Waits::yes;
  DCMFS_TRY(const auto priority, json_number(body, "Priority", 0));
  using Limits = std::numeric_limits<int>;
  if (priority < Limits::min() || priority > Limits::max())
    return Error{Errc::invalid_argument, "\"Priority\" is too large"};
  wishes.priority = static_cast<int>(priority);
  DCMFS_TRY(wishes.permissive, json_bool(body, "Permissive", false));
  wishes.user_data = body.get("UserData", Json::nullValue);
  return wishes;
}

Result<Response> answer_as_job(const Services& services, const Request& request,
                               const Json::Value& body, NewJob job, Waits otherwise) {
  DCMFS_TRY(const auto wishes, job_wishes(body, otherwise));
  return answer_as_job(services, request, wishes, std::move(job));
}

Result<Response> answer_as_job(const Services& services, const Request& request,
                               const JobWishes& wishes, NewJob job) {
  job.priority = wishes.priority;
  job.permissive = wishes.permissive;
  job.user_data = wishes.user_data;
  if (wishes.waits == Waits::no) {
    DCMFS_TRY(const auto id, services.jobs->submit(std::move(job)));
    Json::Value v;
    v["ID"] = id;
    v["Path"] = "/jobs/" + id;
    return json_response(v);
  }
  DCMFS_TRY(const auto end, services.jobs->run(std::move(job)));
  if (end.failure) return failure_response(*end.failure, request);
  return json_response(*end.content);
}

}  // namespace dcmfs::rest
