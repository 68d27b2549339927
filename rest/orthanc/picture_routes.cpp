#include "rest/http/route.h"
#include "rest/orthanc/downloads.h"
#include "rest/orthanc/frames.h"
#include "rest/orthanc/numpy.h"
#include "rest/orthanc/pictures.h"
#include "rest/orthanc/slices.h"
#include "rest/orthanc/tables.h"

namespace dcmfs::rest {
namespace {

using enum Method;
using enum Access;
using enum Takes;

// clang-format off
constexpr Route kPictureRoutes[] = {
    {get, "/{level}/{id}/file",                        kInstance, read,   nothing, instance_file,     "The DICOM file", Gives::bytes},
    {get, "/{level}/{id}/pdf",                         kInstance, read,   nothing, instance_pdf,      "The document of an Encapsulated PDF", Gives::bytes},
    {get, "/{level}/{id}/preview",                     kInstance, read,   nothing, preview,           "A picture from the lowest to the highest value", Gives::bytes},
    {get, "/{level}/{id}/rendered",                    kInstance, read,   nothing, rendered,          "A picture as a radiologist sees it", Gives::bytes},
    {get, "/{level}/{id}/image-uint8",                 kInstance, read,   nothing, image_uint8,       "Stored values from 0 to 255", Gives::bytes},
    {get, "/{level}/{id}/image-uint16",                kInstance, read,   nothing, image_uint16,      "Stored values from 0 to 65535", Gives::bytes},
    {get, "/{level}/{id}/image-int16",                 kInstance, read,   nothing, image_int16,       "Stored values from -32768 to 32767", Gives::bytes},
    {get, "/{level}/{id}/matlab",                      kInstance, read,   nothing, matlab,            "Stored values as an expression of MATLAB and Octave", Gives::text},
    {get, "/{level}/{id}/numpy",                       kInstance, read,   nothing, instance_numpy,    "Values as an array of NumPy", Gives::bytes},
    {get, "/{level}/{id}/frames",                      kInstance, read,   nothing, frames,            "The numbers of the frames", Gives::json},
    {get, "/{level}/{id}/frames/{frame}",              kInstance, read,   nothing, frame_operations,  "What there is below a frame", Gives::json},
    {get, "/{level}/{id}/frames/{frame}/preview",      kInstance, read,   nothing, preview,           "A picture from the lowest to the highest value", Gives::bytes},
    {get, "/{level}/{id}/frames/{frame}/rendered",     kInstance, read,   nothing, rendered,          "A picture as a radiologist sees it", Gives::bytes},
    {get, "/{level}/{id}/frames/{frame}/image-uint8",  kInstance, read,   nothing, image_uint8,       "Stored values from 0 to 255", Gives::bytes},
    {get, "/{level}/{id}/frames/{frame}/image-uint16", kInstance, read,   nothing, image_uint16,      "Stored values from 0 to 65535", Gives::bytes},
    {get, "/{level}/{id}/frames/{frame}/image-int16",  kInstance, read,   nothing, image_int16,       "Stored values from -32768 to 32767", Gives::bytes},
    {get, "/{level}/{id}/frames/{frame}/matlab",       kInstance, read,   nothing, matlab,            "Stored values as an expression of MATLAB and Octave", Gives::text},
    {get, "/{level}/{id}/frames/{frame}/numpy",        kInstance, read,   nothing, frame_numpy,       "Values as an array of NumPy", Gives::bytes},
    {get, "/{level}/{id}/frames/{frame}/raw",          kInstance, read,   nothing, raw_frame,         "The bytes of a frame, compressed as they are", Gives::bytes},
    {get, "/{level}/{id}/frames/{frame}/raw.gz",       kInstance, read,   nothing, raw_frame_gz,      "The bytes of a frame as a .gz", Gives::bytes},
    {get, "/{level}/{id}/numpy",                          kSeries,   read,   nothing, series_numpy,      "Values of all images as an array of NumPy", Gives::bytes},
    {get, "/{level}/{id}/ordered-slices",                 kSeries,   read,   nothing, ordered_slices,    "The images in the order of a volume", Gives::json},
    {get, "/app/images/unsupported.png",               kNoLevel,  anyone, nothing, unsupported_image, "The picture that says that there is none", Gives::bytes},
};
// clang-format on

}  // namespace

RouteTable picture_routes() {
  return kPictureRoutes;
}

}  // namespace dcmfs::rest
