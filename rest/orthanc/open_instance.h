#pragma once
// The instance that a request is about, opened and read.
#include <memory>

#include "rest/http/message.h"
#include "store/dicom/reader.h"
#include "store/image/image.h"
#include "store/store.h"

namespace dcmfs::rest {

struct Services;

struct OpenInstance {
  ResourceId id;
  StoredFile stored;
  std::shared_ptr<const Blob> blob;    // shared with a response that is a part of it
  std::unique_ptr<ByteSource> source;  // of the blob
  DicomFile file;                      // refers to the source
};
Result<OpenInstance> open_instance(const Services&, Key);
// {id} of the path.
Result<OpenInstance> open_instance(const Services&, const Request&);

// A frame of its pictures, which this build can decode. Errors: not_found (instance or frame),
// not_supported: it has no pictures, or none that can be decoded.
struct OpenFrame {
  OpenInstance instance;
  PixelDescription pixels;
  int number = 0;  // from 0
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

// Of something that is always made alike of this instance: `what` tells it from others.
std::string etag_of(const StoredFile&, std::string_view what);

}  // namespace dcmfs::rest
