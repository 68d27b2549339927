#pragma once
// The members that all bodies have which become jobs: "Synchronous" or "Asynchronous", "Priority",
// "Permissive", "UserData".
#include "rest/http/message.h"
#include "rest/jobs/job.h"

namespace dcmfs::rest {

enum class Waits : bool { no, yes };  // for the end of the job

struct JobWishes {
  Waits waits = Waits::yes;
  int priority = 0;
  bool permissive = false;
  Json::Value user_data = {};
};
// Of a body that is an object; any other JSON wishes nothing. invalid_argument: another type.
Result<JobWishes> job_wishes(const Json::Value& body, Waits otherwise = Waits::yes);

// Does the job as the body wishes. Synchronous: the answer is its content, or its failure. Else
// {"ID": job, "Path": "/jobs/..."} at once.
Result<Response> answer_as_job(const Services&, const Request&, const Json::Value& body, NewJob,
                               Waits otherwise = Waits::yes);
// The same with wishes that come from elsewhere.
Result<Response> answer_as_job(const Services&, const Request&, const JobWishes&, NewJob);

}  // namespace dcmfs::rest
