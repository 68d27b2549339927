#include "rest/http/route.h"
#include "rest/orthanc/create_dicom.h"
#include "rest/orthanc/modify.h"
#include "rest/orthanc/tables.h"

namespace dcmfs::rest {
namespace {

using enum Method;
using enum Access;
using enum Takes;

// clang-format off
constexpr Route kModifyRoutes[] = {
    {post, "/{level}/{id}/modify",    kAboveInstance, write, text, modify_resource,    "Store a modified copy, or modify: a job", Gives::json},
    {post, "/{level}/{id}/anonymize", kAboveInstance, write, text, anonymize_resource, "Store an anonymized copy: a job", Gives::json},
    {post, "/{level}/{id}/modify",    kInstance,      read,  text, modify_instance,    "The modified file; nothing is stored", Gives::bytes},
    {post, "/{level}/{id}/anonymize", kInstance,      read,  text, anonymize_instance, "The anonymized file; nothing is stored", Gives::bytes},
    {post, "/{level}/{id}/merge",     kStudy,         write, text, merge_into_study,   "Move studies and series into this one: a job", Gives::json},
    {post, "/{level}/{id}/split",     kStudy,         write, text, split_study,        "Move series and instances into a new study: a job", Gives::json},
    {post, "/tools/bulk-modify",      kNoLevel,       write, text, modify_many,        "Modify resources of any level: a job", Gives::json},
    {post, "/tools/bulk-anonymize",   kNoLevel,       write, text, anonymize_many,     "Anonymize resources of any level: a job", Gives::json},
    {post, "/tools/create-dicom",     kNoLevel,       write, text, create_dicom,       "Make an instance of attributes, pictures, a document", Gives::json},
};
// clang-format on

}  // namespace

RouteTable modify_routes() {
  return kModifyRoutes;
}

}  // namespace dcmfs::rest
