// All types of jobs: a feature that takes long is a row.
#include "rest/jobs/job.h"
#include "rest/orthanc/archives.h"

namespace dcmfs::rest {
namespace {

constexpr JobType kJobTypes[] = {
    {"Archive", make_archive},
    {"Media", make_archive},
};

}  // namespace

std::span<const JobType> job_types() {
  return kJobTypes;
}

}  // namespace dcmfs::rest
