#include "rest/orthanc/resources.h"
#include "rest/orthanc/search.h"
#include "rest/orthanc/tables.h"

namespace dcmfs::rest {
namespace {

using enum Method;
using enum Access;
using enum Takes;

// clang-format off
constexpr Route kResourceRoutes[] = {
    {get,     "/{level}",                 kAllLevels,           read,  nothing, list_resources,                "The ids of all, or with ?expand the objects; ?since and ?limit", Gives::json},
    {get,     "/{level}/{id}",            kAllLevels,           read,  nothing, show_resource,                 "One of them", Gives::json},
    {delete_, "/{level}/{id}",            kAllLevels,           write, nothing, delete_resource,               "Removes it and all below it, by way of the trash", Gives::json},
    {get,     "/{level}/{id}/statistics", kAllLevels,           read,  nothing, resource_statistics,           "How much is below it, and of what size", Gives::json},
    {get,     "/{level}/{id}/studies",    kPatient,             read,  nothing, list_below<Level::study>,      "Its studies; ids alone with ?expand=false", Gives::json},
    {get,     "/{level}/{id}/series",     kPatient | kStudy,    read,  nothing, list_below<Level::series>,     "Its series; ids alone with ?expand=false", Gives::json},
    {get,     "/{level}/{id}/instances",  kAboveInstance,       read,  nothing, list_below<Level::instance>,   "Its instances; ids alone with ?expand=false", Gives::json},
    {get,     "/{level}/{id}/patient",    kStudy | kSeries | kInstance, read, nothing, show_above<Level::patient>, "The patient whose it is", Gives::json},
    {get,     "/{level}/{id}/study",      kSeries | kInstance,  read,  nothing, show_above<Level::study>,      "The study that it is part of", Gives::json},
    {get,     "/{level}/{id}/series",     kInstance,            read,  nothing, show_above<Level::series>,     "The series that it is part of", Gives::json},

    {post,    "/tools/find",              kNoLevel,             read,  text,    find_resources,                "Which resources match; as objects with Expand", Gives::json},
    {post,    "/tools/count-resources",   kNoLevel,             read,  text,    count_resources,               "How many match", Gives::json},
    {post,    "/tools/lookup",            kNoLevel,             read,  text,    look_up,                       "Which resources have this UID, PatientID or AccessionNumber", Gives::json},
    {post,    "/tools/bulk-content",      kNoLevel,             read,  text,    bulk_content,                  "Many resources as objects", Gives::json},
    {post,    "/tools/bulk-delete",       kNoLevel,             write, text,    bulk_delete,                   "Removes many resources, by way of the trash", Gives::text},
};
// clang-format on

}  // namespace

RouteTable resource_routes() {
  return kResourceRoutes;
}

}  // namespace dcmfs::rest
