#include "rest/http/route.h"
#include "rest/orthanc/archives.h"
#include "rest/orthanc/tables.h"

namespace dcmfs::rest {
namespace {

using enum Method;
using enum Access;
using enum Takes;

// clang-format off
constexpr Route kArchiveRoutes[] = {
    {get,  "/{level}/{id}/archive",        kAboveInstance, read, nothing, archive,               "A ZIP archive of its files", Gives::bytes},
    {post, "/{level}/{id}/archive",        kAboveInstance, read, text,    archive,               "The same, or a job that makes it", Gives::anything},
    {get,  "/{level}/{id}/media",          kAboveInstance, read, nothing, media,                 "A ZIP archive of its files with a DICOMDIR", Gives::bytes},
    {post, "/{level}/{id}/media",          kAboveInstance, read, text,    media,                 "The same, or a job that makes it", Gives::anything},
    {get,  "/tools/create-archive",        kNoLevel,       read, nothing, create_archive,        "A ZIP archive of many resources: ?resources=ID,ID", Gives::bytes},
    {post, "/tools/create-archive",        kNoLevel,       read, text,    create_archive,        "The same, or a job that makes it", Gives::anything},
    {get,  "/tools/create-media",          kNoLevel,       read, nothing, create_media,          "The same with a DICOMDIR", Gives::bytes},
    {post, "/tools/create-media",          kNoLevel,       read, text,    create_media,          "The same with a DICOMDIR, or a job that makes it", Gives::anything},
    {get,  "/tools/create-media-extended", kNoLevel,       read, nothing, create_media_extended, "The same with more in the DICOMDIR", Gives::bytes},
    {post, "/tools/create-media-extended", kNoLevel,       read, text,    create_media_extended, "The same with more in the DICOMDIR, or a job", Gives::anything},
};
// clang-format on

}  // namespace

RouteTable archive_routes() {
  return kArchiveRoutes;
}

}  // namespace dcmfs::rest
