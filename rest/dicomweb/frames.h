#pragma once
// Frames of an instance (PS3.18 10.4.1.1.5): {frames} are numbers from 1 on, joined by commas. As
// octet streams, decoded and little endian, or compressed, as they are stored or in a transfer syntax that
// store/image/compress.h writes, each in a part; one frame also alone.
#include <functional>
#include <memory>
#include <optional>

#include "rest/dicomweb/multipart_source.h"
#include "rest/dicomweb/pixel_form.h"
#include "rest/dicomweb/stored_instances.h"
#include "rest/http/route.h"
#include "store/image/pixel_bytes.h"

namespace dcmfs::rest {

Result<Response> retrieve_frames(const Services&, Request&);

// "1,3,4" of a path, counted from 0 on. invalid_argument: no such list; too_large: of more than 10,000.
Result<std::vector<int>> frame_numbers(std::string_view list);

// Frames of one instance, for who sends several of them. A video is one, whatever it says.
class FrameReader {
 public:
  // not_found: it has none.
  static Result<FrameReader> of(std::shared_ptr<const OpenInstance>);
  int count() const { return frames_; }
  const OpenInstance& instance() const { return *instance_; }
  // `frame` counts from 0. Errors: corrupt, not_supported, too_large.
  Result<ResponseBody> made(int frame, const PixelForm&) const;
  // The same in a part; as it is stored where it turns out to be damaged.
  Result<OutgoingPart> part(int frame, const PixelForm&) const;
  Result<std::string> decoded(int frame) const;  // as native pixel data of one frame
  // Whether the file has the frame: corrupt.
  Result<> check(int frame) const;

 private:
  Result<ResponseBody> stored(int frame) const;
  Result<std::string> compressed(int frame, const Encoder&) const;
  Result<std::string> native(int frame) const;
  Result<std::vector<ByteRange>> fragments(int frame) const;
  Result<PixelDescription> described() const;
  Result<Frame> frame_of(int number) const;

  // What is found out once for all frames. Copies share it: they are for the same answer.
  struct Known {
    std::optional<Result<PixelDescription>> pixels;
    FrameStarts starts;
  };

  std::shared_ptr<const OpenInstance> instance_;
  std::shared_ptr<Known> known_ = std::make_shared<Known>();
  int frames_ = 1;
};

// All fragments of an element without a length that holds one codestream: in memory where they are short.
Result<ResponseBody> joined_fragments(std::shared_ptr<const OpenInstance>, const Element&);

// Those of a path, or all.
struct FrameList {
  std::vector<int> numbers;  // from 0 on
  int all = 0;

  std::size_t size() const { return all > 0 ? static_cast<std::size_t>(all) : numbers.size(); }
  int at(std::size_t i) const { return all > 0 ? static_cast<int>(i) : numbers[i]; }
};
// Each in a part, or one alone, as 10.4.3.3.5 has it. `what` tells their ETag from others, `location` a frame's
// Content-Location. One that is damaged among others comes as it is stored. not_supported, corrupt: the first is.
Result<Response> answer_frames(const Request&, const FrameReader&, const FrameList&,
                               const PixelForm&, std::string_view what,
                               std::function<std::string(int)> location);

}  // namespace dcmfs::rest
