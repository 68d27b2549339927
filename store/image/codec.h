#pragma once
// The decoders of compressed frames, one row for each codec.
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/dicom/transfer_syntax.h"
#include "store/image/codestream.h"

namespace dcmfs {

// A frame as it comes out of a decoder or the file: colour by pixel, native byte order.
struct Samples {
  Buffer<std::byte> data;
  int bytes = 1;  // of one sample: 1, 2, 4 or (double) 8
  int bits = 8;   // of a sample that mean something
  // Above BitsStored is no overlay but what a lossy codec overshot.
  bool overshoots = false;
  bool lossy = false;  // not what was compressed, as the codestream says
  std::string photometric_interpretation;
};

struct Decoder {
  std::string_view uid;  // of the one transfer syntax; "": all that use the codec
  Codec codec;
  Result<CodestreamHeader> (*parse)(std::string_view bytes, std::int64_t length,
                                    const PixelDescription&);
  // `header` has been checked against the description.
  Result<Samples> (*decode)(std::string_view bytes, const CodestreamHeader& header,
                            const PixelDescription&);
};

// nullptr if this build has none, or the pixel data is not encapsulated.
const Decoder* find_decoder(const TransferSyntax&);
// The dimensions, components and precision that the codestream names are those of the attributes,
// and its `length` in bytes can be that of such a picture.
Result<> check_agreement(const CodestreamHeader&, const PixelDescription&, std::int64_t length);

Result<Samples> decode_rle(std::string_view, const CodestreamHeader&, const PixelDescription&);
Result<Samples> decode_jpeg(std::string_view, const CodestreamHeader&, const PixelDescription&);
Result<Samples> decode_jpeg_ls(std::string_view, const CodestreamHeader&, const PixelDescription&);
Result<Samples> decode_jpeg_2000(std::string_view, const CodestreamHeader&,
                                 const PixelDescription&);
// Frames as native pixel data would have them, one in a fragment (PS3.5 A.4.11
// and A.4.13); there is no header that could disagree.
Result<CodestreamHeader> parse_native_header(std::string_view, std::int64_t,
                                             const PixelDescription&);
Result<Samples> decode_native(std::string_view, const CodestreamHeader&, const PixelDescription&);
Result<Samples> decode_deflated(std::string_view, const CodestreamHeader&, const PixelDescription&);

// 1-bit pixels to one byte each, the lowest bit first (PS3.5 8.1.1), from bit `first` on.
Buffer<std::byte> unpack_bits(std::string_view bytes, int first, std::size_t count);
// Samples of `bits`, up to 32, in a row without gaps, the lowest bit first, to 1, 2 or 4 bytes
// each.
Buffer<std::byte> unpack_samples(std::string_view bytes, int first, int bits, std::size_t count);
// Colour by plane to colour by pixel.
Buffer<std::byte> interleave(std::span<const std::byte> planes, int samples, int bytes_per_sample);

}  // namespace dcmfs
