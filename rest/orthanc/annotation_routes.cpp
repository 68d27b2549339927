#include "rest/orthanc/annotations.h"
#include "rest/orthanc/attachments.h"
#include "rest/orthanc/tables.h"

namespace dcmfs::rest {
namespace {

using enum Method;
using enum Access;
using enum Takes;

// clang-format off
constexpr Route kAnnotationRoutes[] = {
    {get,     "/{level}/{id}/labels",          kAllLevels, read,  nothing, list_labels,     "Its labels", Gives::json},
    {get,     "/{level}/{id}/labels/{label}",  kAllLevels, read,  nothing, show_label,      "Whether it has the label: 200 or 404", Gives::text},
    {put,     "/{level}/{id}/labels/{label}",  kAllLevels, write, text,    add_label,       "Adds a label", Gives::text},
    {delete_, "/{level}/{id}/labels/{label}",  kAllLevels, write, nothing, remove_label,    "Removes a label", Gives::text},
    {get,     "/tools/labels",                 kNoLevel,   read,  nothing, labels_in_use,   "All labels that any resource has", Gives::json},

    {get,     "/{level}/{id}/metadata",        kAllLevels, read,  nothing, list_metadata,   "The names of its metadata; with ?expand their values", Gives::json},
    {get,     "/{level}/{id}/metadata/{name}", kAllLevels, read,  nothing, show_metadata,   "One of them", Gives::text},
    {put,     "/{level}/{id}/metadata/{name}", kAllLevels, write, text,    put_metadata,    "Sets it to the body; If-Match", Gives::text},
    {delete_, "/{level}/{id}/metadata/{name}", kAllLevels, write, nothing, remove_metadata, "Removes it; If-Match", Gives::text},

    {get,     "/{level}/{id}/attachments",                        kAllLevels, read,  nothing, list_attachments,      "The names of its files; with ?full their numbers", Gives::json},
    {get,     "/{level}/{id}/attachments/{name}",                 kAllLevels, read,  nothing, list_operations,       "What can be asked of one", Gives::json},
    {put,     "/{level}/{id}/attachments/{name}",                 kAllLevels, write, file,    put_attachment,        "Attaches the body; If-Match", Gives::json},
    {delete_, "/{level}/{id}/attachments/{name}",                 kAllLevels, write, nothing, remove_attachment,     "Removes it; If-Match", Gives::text},
    {get,     "/{level}/{id}/attachments/{name}/data",            kAllLevels, read,  nothing, attachment_data,       "Its bytes; Range", Gives::bytes},
    {get,     "/{level}/{id}/attachments/{name}/compressed-data", kAllLevels, read,  nothing, attachment_data,       "Its bytes as they are stored", Gives::bytes},
    {get,     "/{level}/{id}/attachments/{name}/info",            kAllLevels, read,  nothing, attachment_info,       "Its sizes and checksums", Gives::json},
    {get,     "/{level}/{id}/attachments/{name}/md5",             kAllLevels, read,  nothing, attachment_md5,        "Its MD5", Gives::text},
    {get,     "/{level}/{id}/attachments/{name}/compressed-md5",  kAllLevels, read,  nothing, attachment_md5,        "Its MD5 as it is stored", Gives::text},
    {get,     "/{level}/{id}/attachments/{name}/size",            kAllLevels, read,  nothing, attachment_size,       "Its size", Gives::text},
    {get,     "/{level}/{id}/attachments/{name}/compressed-size", kAllLevels, read,  nothing, attachment_size,       "Its size as it is stored", Gives::text},
    {get,     "/{level}/{id}/attachments/{name}/uuid",            kAllLevels, read,  nothing, attachment_uuid,       "Another for other bytes", Gives::text},
    {get,     "/{level}/{id}/attachments/{name}/is-compressed",   kAllLevels, read,  nothing, is_compressed,         "Whether it is stored compressed: never", Gives::text},
    {post,    "/{level}/{id}/attachments/{name}/verify-md5",      kAllLevels, read,  text,    verify_attachment,     "Whether it is still what was stored", Gives::json},
    {post,    "/{level}/{id}/attachments/{name}/compress",        kAllLevels, write, text,    compress_attachment,   "Not done", Gives::json},
    {post,    "/{level}/{id}/attachments/{name}/uncompress",      kAllLevels, write, text,    uncompress_attachment, "Nothing to do", Gives::json},

    {get,     "/{level}/{id}/protected",       kPatient,   read,  nothing, show_protected,  "Whether it must stay when room is made: 0 or 1", Gives::text},
    {put,     "/{level}/{id}/protected",       kPatient,   write, text,    put_protected,   "Sets that to the body", Gives::text},
    {post,    "/{level}/{id}/reconstruct",     kAllLevels, write, text,    reconstruct,     "Makes the index say what the files say", Gives::text},
    {post,    "/tools/reconstruct",            kNoLevel,   write, text,    reconstruct_all, "The same of all", Gives::text},
    {post,    "/tools/invalidate-tags",        kNoLevel,   write, text,    reconstruct_all, "The same of all", Gives::text},
};
// clang-format on

}  // namespace

RouteTable annotation_routes() {
  return kAnnotationRoutes;
}

}  // namespace dcmfs::rest
