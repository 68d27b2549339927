#pragma once
// A multipart body, taken apart while it arrives. RFC 2046 5.1.1; used by multipart/form-data and
// by multipart/related of DICOM PS3.18 8.6.1.2.
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rest/http/message.h"
#include "store/result.h"

namespace dcmfs::rest {

// The boundary if this Content-Type is multipart and has one.
std::optional<std::string> multipart_boundary(std::string_view content_type);

class MultipartReader {
 public:
  static constexpr std::size_t kPartsMax = 100'000;
  static constexpr std::size_t kHeaderBytesMax = 16 << 10;  // of one part

  class Sink {
   public:
    virtual ~Sink() = default;
    virtual Result<> begin(Headers) = 0;
    virtual Result<> data(std::span<const std::byte>) = 0;
    virtual Result<> end() = 0;
  };

  MultipartReader(std::string_view boundary, Sink& sink);

  // invalid_argument: the bytes are no such body; too_large: over a limit; else what the sink says.
  Result<> take(std::span<const std::byte>);
  // invalid_argument: the last boundary has not come.
  Result<> finish() const;

 private:
  enum class At : std::uint8_t { preamble, headers, data, epilogue };

  Result<bool> step();  // false: more bytes are needed
  Result<bool> step_to_delimiter();
  Result<bool> step_headers();

  const std::string delimiter_;  // with the line break that belongs to it
  Sink& sink_;
  At at_ = At::preamble;
  std::size_t parts_ = 0;
  std::string_view left() const { return std::string_view(buffer_).substr(done_); }

  std::string buffer_ = "\r\n";  // the first boundary may stand at the very beginning
  std::size_t done_ = 0;         // of the buffer
};

}  // namespace dcmfs::rest
