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
    {get,     "/{level}/{id}/labels",          kAllLevels, read,  nothing, list_labels,     "Its labels"},
    {get,     "/{level}/{id}/labels/{label}",  kAllLevels, read,  nothing, show_label,      "Whether it has the label: 200 or 404"},
    {put,     "/{level}/{id}/labels/{label}",  kAllLevels, write, text,    add_label,       "Adds a label"},
    {delete_, "/{level}/{id}/labels/{label}",  kAllLevels, write, nothing, remove_label,    "Removes a label"},
    {get,     "/tools/labels",                 kNoLevel,   read,  nothing, labels_in_use,   "All labels that any resource has"},

    {get,     "/{level}/{id}/metadata",        kAllLevels, read,  nothing, list_metadata,   "The names of its metadata; with ?expand their values"},
    {get,     "/{level}/{id}/metadata/{name}", kAllLevels, read,  nothing, show_metadata,   "One of them"},
    {put,     "/{level}/{id}/metadata/{name}", kAllLevels, write, text,    put_metadata,    "Sets it to the body; If-Match"},
    {delete_, "/{level}/{id}/metadata/{name}", kAllLevels, write, nothing, remove_metadata, "Removes it; If-Match"},

    {get,     "/{level}/{id}/attachments",                        kAllLevels, read,  nothing, list_attachments,      "The names of its files"},
    {get,     "/{level}/{id}/attachments/{name}",                 kAllLevels, read,  nothing, list_operations,       "What can be asked of one"},
    {put,     "/{level}/{id}/attachments/{name}",                 kAllLevels, write, files,   put_attachment,        "Attaches the body; If-Match"},
    {delete_, "/{level}/{id}/attachments/{name}",                 kAllLevels, write, nothing, remove_attachment,     "Removes it; If-Match"},
    {get,     "/{level}/{id}/attachments/{name}/data",            kAllLevels, read,  nothing, attachment_data,       "Its bytes; Range"},
    {get,     "/{level}/{id}/attachments/{name}/compressed-data", kAllLevels, read,  nothing, attachment_data,       "Its bytes as they are stored"},
    {get,     "/{level}/{id}/attachments/{name}/info",            kAllLevels, read,  nothing, attachment_info,       "Its sizes and checksums"},
    {get,     "/{level}/{id}/attachments/{name}/md5",             kAllLevels, read,  nothing, attachment_md5,        "Its MD5"},
    {get,     "/{level}/{id}/attachments/{name}/compressed-md5",  kAllLevels, read,  nothing, attachment_md5,        "Its MD5 as it is stored"},
    {get,     "/{level}/{id}/attachments/{name}/size",            kAllLevels, read,  nothing, attachment_size,       "Its size"},
    {get,     "/{level}/{id}/attachments/{name}/compressed-size", kAllLevels, read,  nothing, attachment_size,       "Its size as it is stored"},
    {get,     "/{level}/{id}/attachments/{name}/uuid",            kAllLevels, read,  nothing, attachment_uuid,       "Another for other bytes"},
    {get,     "/{level}/{id}/attachments/{name}/is-compressed",   kAllLevels, read,  nothing, is_compressed,         "Whether it is stored compressed: never"},
    {post,    "/{level}/{id}/attachments/{name}/verify-md5",      kAllLevels, read,  text,    verify_attachment,     "Whether it is still what was stored"},
    {post,    "/{level}/{id}/attachments/{name}/compress",        kAllLevels, write, text,    compress_attachment,   "Not done"},
    {post,    "/{level}/{id}/attachments/{name}/uncompress",      kAllLevels, write, text,    uncompress_attachment, "Nothing to do"},

    {get,     "/{level}/{id}/protected",       kPatient,   read,  nothing, show_protected,  "Whether it must stay when room is made: 0 or 1"},
    {put,     "/{level}/{id}/protected",       kPatient,   write, text,    put_protected,   "Sets that to the body"},
    {post,    "/{level}/{id}/reconstruct",     kAllLevels, write, text,    reconstruct,     "Makes the index say what the files say"},
    {post,    "/tools/reconstruct",            kNoLevel,   write, text,    reconstruct_all, "The same of all"},
    {post,    "/tools/invalidate-tags",        kNoLevel,   write, text,    reconstruct_all, "The same of all"},
};
// clang-format on

}  // namespace

RouteTable annotation_routes() {
  return kAnnotationRoutes;
}

}  // namespace dcmfs::rest
