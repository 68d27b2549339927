#pragma once
// Frames compressed without loss, for who wants them in another transfer syntax than that of the
// file: one row for each transfer syntax that this build writes.
#include <span>
#include <string>
#include <string_view>

#include "store/dicom/transfer_syntax.h"
#include "store/image/image.h"
#include "store/result.h"

namespace dcmfs {

struct Encoder {
  std::string_view uid;  // of the transfer syntax
  // By the number of bits and samples alone: whether such frames can be written.
  bool (*takes)(const PixelDescription&);
  // A whole codestream, of even length. The frame is as decode_frame() gives it.
  Result<std::string> (*encode)(const Frame&);
  // What PhotometricInterpretation says of the codestream (PS3.5 8.2).
  std::string_view (*photometric_interpretation)(const PixelDescription&);
};

std::span<const Encoder> encoders();
// nullptr: this build has none.
const Encoder* find_encoder(const TransferSyntax&);

// not_supported: the standard has no such frame in this transfer syntax, by its colours or its bits.
Result<> check_compressible(const Encoder&, const PixelDescription&);
Result<std::string> compress_frame(const Encoder&, const Frame&);

// 1-bit pixels, one byte each, in bits, the lowest first (PS3.5 8.1.1).
std::string pack_bits(std::span<const std::byte> pixels);

// Each expects what the table asks check_compressible() for.
Result<std::string> encode_rle(const Frame&);
Result<std::string> encode_jpeg_lossless(const Frame&);
Result<std::string> encode_jpeg_ls(const Frame&);
Result<std::string> encode_jpeg_2000(const Frame&);

}  // namespace dcmfs
