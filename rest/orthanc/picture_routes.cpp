#include "rest/http/route.h"
#include "rest/orthanc/frames.h"
#include "rest/orthanc/instance_files.h"
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
    {get, "/instances/{id}/file",                        kNoLevel, read,   nothing, instance_file,     "The DICOM file"},
    {get, "/instances/{id}/pdf",                         kNoLevel, read,   nothing, instance_pdf,      "The document of an Encapsulated PDF"},
    {get, "/instances/{id}/preview",                     kNoLevel, read,   nothing, preview,           "A picture from the lowest to the highest value"},
    {get, "/instances/{id}/rendered",                    kNoLevel, read,   nothing, rendered,          "A picture as a radiologist sees it"},
    {get, "/instances/{id}/image-uint8",                 kNoLevel, read,   nothing, image_uint8,       "Stored values from 0 to 255"},
    {get, "/instances/{id}/image-uint16",                kNoLevel, read,   nothing, image_uint16,      "Stored values from 0 to 65535"},
    {get, "/instances/{id}/image-int16",                 kNoLevel, read,   nothing, image_int16,       "Stored values from -32768 to 32767"},
    {get, "/instances/{id}/matlab",                      kNoLevel, read,   nothing, matlab,            "Stored values as an expression of MATLAB and Octave"},
    {get, "/instances/{id}/numpy",                       kNoLevel, read,   nothing, instance_numpy,    "Values as an array of NumPy"},
    {get, "/instances/{id}/frames",                      kNoLevel, read,   nothing, frames,            "The numbers of the frames"},
    {get, "/instances/{id}/frames/{frame}",              kNoLevel, read,   nothing, frame_operations,  "What there is below a frame"},
    {get, "/instances/{id}/frames/{frame}/preview",      kNoLevel, read,   nothing, preview,           "A picture from the lowest to the highest value"},
    {get, "/instances/{id}/frames/{frame}/rendered",     kNoLevel, read,   nothing, rendered,          "A picture as a radiologist sees it"},
    {get, "/instances/{id}/frames/{frame}/image-uint8",  kNoLevel, read,   nothing, image_uint8,       "Stored values from 0 to 255"},
    {get, "/instances/{id}/frames/{frame}/image-uint16", kNoLevel, read,   nothing, image_uint16,      "Stored values from 0 to 65535"},
    {get, "/instances/{id}/frames/{frame}/image-int16",  kNoLevel, read,   nothing, image_int16,       "Stored values from -32768 to 32767"},
    {get, "/instances/{id}/frames/{frame}/matlab",       kNoLevel, read,   nothing, matlab,            "Stored values as an expression of MATLAB and Octave"},
    {get, "/instances/{id}/frames/{frame}/numpy",        kNoLevel, read,   nothing, frame_numpy,       "Values as an array of NumPy"},
    {get, "/instances/{id}/frames/{frame}/raw",          kNoLevel, read,   nothing, raw_frame,         "The bytes of a frame, compressed as they are"},
    {get, "/instances/{id}/frames/{frame}/raw.gz",       kNoLevel, read,   nothing, raw_frame_gz,      "The bytes of a frame as a .gz"},
    {get, "/series/{id}/numpy",                          kNoLevel, read,   nothing, series_numpy,      "Values of all images as an array of NumPy"},
    {get, "/series/{id}/ordered-slices",                 kNoLevel, read,   nothing, ordered_slices,    "The images in the order of a volume"},
    {get, "/app/images/unsupported.png",                 kNoLevel, anyone, nothing, unsupported_image, "The picture that says that there is none"},
};
// clang-format on

}  // namespace

RouteTable picture_routes() {
  return kPictureRoutes;
}

}  // namespace dcmfs::rest
