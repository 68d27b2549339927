#pragma once
// Frames of an instance (PS3.18 10.4.1.1.5): {frames} are numbers from 1 on, joined by commas. As
// octet streams, decoded and little endian, or compressed, as they are stored or in a transfer syntax that
// store/image/compress.h writes, each in a part; one frame also alone.
#include "rest/dicomweb/multipart_source.h"
#include "rest/dicomweb/stored_instances.h"
#include "rest/http/route.h"
#include "store/image/compress.h"

namespace dcmfs::rest {

Result<Response> retrieve_frames(const Services&, Request&);

// "1,3,4" of a path, counted from 0 on. invalid_argument: no such list; too_large: of more than 10,000.
Result<std::vector<int>> frame_numbers(std::string_view list);

// Frames of one instance, for who sends several of them.
class FrameReader {
 public:
  // not_found: it has none.
  static Result<FrameReader> of(std::shared_ptr<const OpenInstance>);
  int count() const { return frames_; }
  // `frame` counts from 0. Errors: corrupt, not_supported, too_large.
  Result<std::string> stored(int frame) const;   // the codestream; native: the pixels, little endian
  Result<std::string> decoded(int frame) const;  // as native pixel data of one frame
  Result<std::string> compressed(int frame, const Encoder&) const;

 private:
  Result<std::string> native(int frame) const;

  std::shared_ptr<const OpenInstance> instance_;
  int frames_ = 1;
};

}  // namespace dcmfs::rest
