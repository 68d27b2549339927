#pragma once
// The instance that a request is about, and a frame of its pictures.
#include "rest/http/message.h"
#include "rest/instance_file.h"
#include "store/image/image.h"
#include "store/resource.h"

namespace dcmfs::rest {

// {id} of the path.
Result<OpenInstance> open_instance(const Services&, const Request&);

// A frame that this build can decode. Errors: not_found (instance or frame), not_supported: there are
// no pictures, or none that can be decoded.
struct OpenFrame {
  OpenInstance instance;
  PixelDescription pixels;
  int number = 0;  // from 0

  const DicomFile& dicom() const { return instance.file.dicom(); }
};
// {frame} of the path, else the first.
Result<OpenFrame> open_frame(const Services&, const Request&);
Result<PixelDescription> decodable_pixels(const DicomFile&);

// What cannot be decoded is not_supported, whatever the reason.
template <class T>
Result<T> decodable(Result<T> result) {
  if (!result && result.error().code == Errc::corrupt)
    return Error{Errc::not_supported, std::move(result).error().message};
  return result;
}

}  // namespace dcmfs::rest
