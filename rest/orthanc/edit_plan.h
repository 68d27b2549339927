#pragma once
// What the jobs have in common that make instances of stored ones: modifying, anonymizing, merging and
// splitting. Private to them.
//
// First everything new is made durable, then it is told what it was made of, then what is not to be
// kept of the sources goes, instance by instance: what came to a study meanwhile stays. A job that is
// begun again goes on with the same new UIDs.
#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "rest/jobs/job.h"
#include "rest/orthanc/made_of.h"
#include "rest/orthanc/remake.h"
#include "store/dicom/modify.h"

namespace dcmfs::rest {

// The instances of some resources, each once.
class SourceList {
 public:
  Result<> add(const Services&, Key);
  Result<> add(const Services&, const Json::Value& ids);  // of any level
  std::vector<Resource> take() { return std::move(instances_); }

 private:
  std::vector<Resource> instances_;
  std::set<RowId> rows_;
};

EditScope scope_of(EditLevel, std::span<const Resource* const> instances);
EditScope scope_of(EditLevel, const std::vector<Resource>& instances);

// New UIDs of this job, the same when it is begun again. `consistent`: by the secret of the
// configuration, if there is one, the same in all jobs.
enum class Consistent : bool { in_the_job, in_all_jobs };
struct JobUids {
  UidMap uids;
  UidMap own;  // of this job, whatever the configuration says
};
Result<JobUids> kept_uids(const Services&, JobRun&, Consistent);

struct Plan {
  Remaking remaking;
  Telling telling;
  bool keeps_sources = true;
  Json::Value content;  // counts are added
  // Adds what was made, for the end.
  std::function<void(Json::Value& content, const std::vector<MadeOf>&)> tell_made = {};
};
// All but the removal of the sources.
JobEnd carry_out(const Services&, const Plan&, JobRun&);

// `begin` makes a plan and carries it out; it is not asked where only the removal is left to do.
JobEnd run_plan(const Services&, JobRun&, const std::function<JobEnd()>& begin);

std::string json_text_of(const Json::Value& object, const char* key);  // "" where there is none

}  // namespace dcmfs::rest
