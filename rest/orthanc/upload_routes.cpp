#include "rest/orthanc/tables.h"
#include "rest/orthanc/upload.h"

namespace dcmfs::rest {
namespace {

// clang-format off
constexpr Route kUploadRoutes[] = {
    {Method::post, "/instances", kNoLevel, Access::write, Takes::files, upload,
     "Store DICOM files: one, an archive, or a form with some", Gives::json},
};
// clang-format on

}  // namespace

RouteTable upload_routes() {
  return kUploadRoutes;
}

}  // namespace dcmfs::rest
