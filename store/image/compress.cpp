#include "store/image/compress.h"

#include <algorithm>

namespace dcmfs {
namespace {

bool is_colour(const PixelDescription& pixels) {
  return pixels.samples_per_pixel == 3;
}
// PS3.5 tables 8.2.1-1 to 8.2.4-1: grey of either sign, colours of none.
bool is_of_the_tables(const PixelDescription& pixels) {
  return pixels.type == PixelType::integer &&
         (pixels.samples_per_pixel == 1 || (is_colour(pixels) && !pixels.is_signed));
}

// PS3.5 G.5: 15 segments at most, one for each byte of a pixel.
bool rle_takes(const PixelDescription& pixels) {
  return is_of_the_tables(pixels) && pixels.bits_allocated <= 32 &&
         (pixels.bits_allocated > 1 || !is_colour(pixels));
}
// One bit is a matter of RLE alone; JPEG and JPEG-LS begin at two (ITU-T T.81 B.2.2, T.87 C.2.2).
bool jpeg_takes(const PixelDescription& pixels) {
  return is_of_the_tables(pixels) && pixels.bits_allocated > 1 && pixels.bits_allocated <= 16 &&
         pixels.bits_stored >= 2;
}
bool jpeg_2000_takes(const PixelDescription& pixels) {
  return is_of_the_tables(pixels) && pixels.bits_allocated > 1 && pixels.bits_allocated <= 16;
}

std::string_view as_it_is(const PixelDescription& pixels) {
  return pixels.photometric_interpretation;
}
// PS3.5 8.2.4: red, green and blue are told apart by the reversible transformation.
std::string_view of_jpeg_2000(const PixelDescription& pixels) {
  return pixels.photometric_interpretation == "RGB" ? "YBR_RCT" : as_it_is(pixels);
}

// clang-format off
constexpr Encoder kEncoders[] = {
    {uids::RLELossless,        rle_takes,       encode_rle,           as_it_is},
    {"1.2.840.10008.1.2.4.57", jpeg_takes,      encode_jpeg_lossless, as_it_is},
    {"1.2.840.10008.1.2.4.70", jpeg_takes,      encode_jpeg_lossless, as_it_is},
    {"1.2.840.10008.1.2.4.80", jpeg_takes,      encode_jpeg_ls,       as_it_is},
    {"1.2.840.10008.1.2.4.90", jpeg_2000_takes, encode_jpeg_2000,     of_jpeg_2000},
};
// clang-format on

constexpr std::string_view kGrey[] = {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"};
constexpr std::string_view kColours[] = {"RGB", "YBR_FULL"};

}  // namespace

std::span<const Encoder> encoders() {
  return kEncoders;
}

const Encoder* find_encoder(const TransferSyntax& syntax) {
  const auto* found = std::ranges::find(kEncoders, syntax.uid, &Encoder::uid);
  return found == std::end(kEncoders) ? nullptr : found;
}

Result<> check_compressible(const Encoder& encoder, const PixelDescription& pixels) {
  if (!encoder.takes(pixels))
    return Error{Errc::not_supported, "no pixels of this kind in this transfer syntax"};
  return {};
}

Result<std::string> compress_frame(const Encoder& encoder, const Frame& frame) {
  DCMFS_CHECK(check_compressible(encoder, frame.pixels));
  const auto& name = frame.pixels.photometric_interpretation;
  const bool is_known = is_colour(frame.pixels)
                            ? std::ranges::find(kColours, name) != std::end(kColours)
                            : std::ranges::find(kGrey, name) != std::end(kGrey);
  if (!is_known)
    return Error{Errc::not_supported, "no colours of this kind in this transfer syntax"};
  DCMFS_TRY(auto bytes, encoder.encode(frame));
  if (bytes.size() % 2 != 0) bytes += '\0';  // PS3.5 A.4
  return bytes;
}

std::string pack_bits(std::span<const std::byte> pixels) {
  std::string out((pixels.size() + 7) / 8, '\0');
  for (std::size_t i = 0; i < pixels.size(); ++i)
    if (pixels[i] != std::byte{0}) out[i / 8] = static_cast<char>(out[i / 8] | 1 << i % 8);
  return out;
}

}  // namespace dcmfs
