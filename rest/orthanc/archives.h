#pragma once
// Resources as ZIP archives, for people (archive) and for viewers (media, with a DICOMDIR).
//
//   GET   /studies/{id}/archive, /media        ?filename= ?transcode=UID ?compression-level=0..9, ?extended
//   POST  the same                             {"Synchronous", "Asynchronous", "Filename", "Transcode",
//                                               "CompressionLevel", "Extended", "Priority", "UserData"}
//   GET   /tools/create-archive, create-media  ?resources=id,id besides
//   POST  the same, create-media-extended      [id, ...] or {"Resources": [id, ...]} besides
//
// Streamed: of any size. Files are stored, not deflated, unless a level is asked for or they are
// transcoded; then the size is known before and any part can be had. Asynchronous: a job, of type
// Archive or Media, whose output is "archive".
#include "rest/http/route.h"
#include "rest/jobs/job.h"

namespace dcmfs::rest {

Result<Response> archive(const Services&, Request&);
Result<Response> media(const Services&, Request&);
Result<Response> create_archive(const Services&, Request&);
Result<Response> create_media(const Services&, Request&);
Result<Response> create_media_extended(const Services&, Request&);

// Of {"Resources", "Kind", "CompressionLevel", "Transcode", "Filename"}.
JobEnd make_archive(const Services&, const Json::Value& parameters, JobRun&);

}  // namespace dcmfs::rest
