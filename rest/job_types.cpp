// All types of jobs: a feature that takes long is a row.
#include "rest/jobs/job.h"
#include "rest/orthanc/edit_jobs.h"

namespace dcmfs::rest {

std::span<const JobType> job_types() {
  static constexpr JobType kTypes[] = {
      {"ResourceModification", run_modification},
      {"MergeStudy", run_merge},
      {"SplitStudy", run_split},
  };
  return kTypes;
}

}  // namespace dcmfs::rest
