#include "rest/orthanc/tables.h"
#include "rest/orthanc/tags.h"

namespace dcmfs::rest {
namespace {

using enum Method;
using enum Access;
using enum Takes;

// clang-format off
constexpr Route kTagRoutes[] = {
    {get, "/{level}/{id}/tags",              kInstance,      read, nothing, instance_tags,       "All attributes; ?short, ?simplify, ?ignore-length=TAG, ?whole", Gives::json},
    {get, "/{level}/{id}/simplified-tags",   kInstance,      read, nothing, simplified_tags,     "All attributes by name", Gives::json},
    {get, "/{level}/{id}/header",            kInstance,      read, nothing, file_header,         "The file meta information", Gives::json},
    {get, "/{level}/{id}/content",           kInstance,      read, nothing, content,             "The tags at the top", Gives::json},
    {get, "/{level}/{id}/content/{path...}", kInstance,      read, nothing, content,             "The bytes of one value, or what is in a sequence", Gives::anything},
    {get, "/{level}/{id}/module",            kAllLevels,     read, nothing, module_tags,         "The attributes of the module that describes it", Gives::json},
    {get, "/{level}/{id}/module-patient",    kStudy,         read, nothing, patient_module_tags, "The attributes of its patient's module", Gives::json},
    {get, "/{level}/{id}/shared-tags",       kAboveInstance, read, nothing, shared_tags,         "The attributes that are the same in all instances", Gives::json},
    {get, "/{level}/{id}/instances-tags",    kAboveInstance, read, nothing, instances_tags,      "All attributes of all instances", Gives::json},
};
// clang-format on

}  // namespace

RouteTable tag_routes() {
  return kTagRoutes;
}

}  // namespace dcmfs::rest
