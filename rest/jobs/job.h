#pragma once
// A job: work that takes long, as values. Its type is a row of the table of job_types.cpp, its
// parameters are JSON: so it is done again, or to its end, by the next process if this one dies.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include <json/value.h>

#include "rest/http/error.h"
#include "store/result.h"
#include "store/spool.h"

namespace dcmfs::rest {

struct Services;

// A file that a job leaves, for GET /jobs/{id}/{key}. It goes with the job, and with the process.
struct JobOutput {
  SpoolFile file;
  std::string type = "application/octet-stream";
  std::string filename = {};  // that a browser gives it; empty: none
};

// How a job ended: what it did, or why it did not. `content` is "Content" of GET /jobs/{id}, and
// what a client gets that waited for it.
struct JobEnd {
  JobEnd(Json::Value done) : content(std::move(done)) {}
  JobEnd(const Error& error) : failure(failure_of(error)), again(error.code == Errc::busy) {}
  // Another status than failure_of() would choose: network_failure(error).
  JobEnd(Failure why) : failure(std::move(why)) {}

  std::optional<Json::Value> content = {};  // none: what was told last stays
  std::optional<Failure> failure = {};
  bool again = false;  // somebody else held what it needs: it is tried a few times more
};

// What a job may do while it runs; used by its one thread.
class JobRun {
 public:
  virtual ~JobRun() = default;
  // Between two pieces of work, `done` of `total`: waits while somebody has the job paused.
  // cancelled: it is to end, with this error; what it did may stay.
  virtual Result<> step(std::int64_t done, std::int64_t total) = 0;
  // Requested when the job is cancelled or the process ends: for what waits for a peer.
  virtual std::stop_token stop() const = 0;
  // What GET tells under "Content" from now on.
  virtual void tell(Json::Value content) = 0;
  // Durable: what keep() was given last, before a restart, a failure and /resubmit also. Null at
  // first. For what must not be chosen anew, such as UIDs of copies.
  virtual Json::Value kept() const = 0;
  virtual Result<> keep(Json::Value) = 0;
  virtual void leave(std::string key, JobOutput) = 0;
  virtual bool permissive() const = 0;  // goes on where one of many resources fails
  virtual std::string id() const = 0;
};

// May block, and be run again from its beginning.
using JobFunction = JobEnd (*)(const Services&, const Json::Value& parameters, JobRun&);

struct JobType {
  std::string_view name;  // "DicomModalityStore"
  JobFunction run;
};
std::span<const JobType> job_types();

struct NewJob {
  std::string type;
  Json::Value parameters = Json::objectValue;  // at most Jobs::kTextBytesMax as text
  Json::Value content = Json::objectValue;     // told until it runs
  int priority = 0;                            // higher ones first
  bool permissive = false;
  Json::Value user_data = {};
};

}  // namespace dcmfs::rest
