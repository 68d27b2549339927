#pragma once
// What the header of a compressed frame says of itself, read without a decoder:
// it must agree with the attributes before a decoder may see the frame.
#include <cstdint>
#include <string>
#include <string_view>

#include "store/image/image.h"
#include "store/result.h"

namespace dcmfs {

struct CodestreamHeader {
  int rows = 0, columns = 0;
  int components = 0;
  int precision = 0;       // bits of a sample
  bool is_signed = false;  // samples are signed numbers; else bit patterns (PS3.5 8.2)
  bool lossy = false;
  int near = 0;                            // JPEG-LS: how far a sample may be off
  bool sequential = false;                 // JPEG in scans that each hold all of a component
  std::string photometric_interpretation;  // of the samples as they are decoded
};

// `bytes` are a codestream of `length` bytes, or its beginning. Errors: corrupt, also where they
// end before the header does, and not_supported.
Result<CodestreamHeader> parse_jpeg_header(std::string_view bytes, std::int64_t length,
                                           const PixelDescription&);
Result<CodestreamHeader> parse_jpeg_ls_header(std::string_view bytes, std::int64_t length,
                                              const PixelDescription&);
Result<CodestreamHeader> parse_jpeg_2000_header(std::string_view bytes, std::int64_t length,
                                                const PixelDescription&);
Result<CodestreamHeader> parse_rle_header(std::string_view bytes, std::int64_t length,
                                          const PixelDescription&);

// The JPEG 2000 codestream itself, also where a JP2 file is wrapped around it
// (PS3.5 A.4.4 forbids that; it is met all the same). Empty if there is none.
std::string_view jpeg_2000_codestream(std::string_view bytes);

}  // namespace dcmfs
