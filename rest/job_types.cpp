// All types of jobs: a feature that takes long is a row.
#include "rest/jobs/job.h"
#include "rest/orthanc/archives.h"
#include "rest/orthanc/edit_jobs.h"
#include "rest/orthanc/modality_store.h"
#include "rest/orthanc/peers.h"
#include "rest/orthanc/retrieve.h"
#include "rest/servers/retrieve_job.h"
#include "rest/servers/stow_job.h"

namespace dcmfs::rest {
namespace {

// clang-format off
constexpr JobType kJobTypes[] = {
    {"DicomModalityStore",   run_modality_store},
    {"DicomMoveScu",         run_move},
    {"DicomGetScu",          run_get},
    {"OrthancPeerStore",     run_peer_store},
    {"DicomWebStowClient",   run_stow},
    {"DicomWebWadoRetrieveClient", run_web_retrieve},
    {"ResourceModification", run_modification},
    {"MergeStudy",           run_merge},
    {"SplitStudy",           run_split},
    {"Archive",              make_archive},
    {"Media",                make_archive},
};
// clang-format on

}  // namespace

std::span<const JobType> job_types() {
  return kJobTypes;
}

}  // namespace dcmfs::rest
