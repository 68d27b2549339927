#include "store/image/picture_file.h"

#include <cstring>
#include <utility>

#include "store/image/codec.h"
#include "store/image/colour.h"

namespace dcmfs {
namespace {

constexpr std::string_view kPngSignature("\x89PNG\r\n\x1a\n", 8);
constexpr std::string_view kJpegStart("\xff\xd8\xff", 3);
constexpr std::string_view kBaselineStart("\xff\xc0", 2);

struct Jpeg {
  CodestreamHeader header;
  PixelDescription pixels;
};

// The header is asked twice: what the samples are depends on how many there are.
Result<Jpeg> read_jpeg(std::string_view bytes) {
  Jpeg jpeg;
  PixelDescription& pixels = jpeg.pixels;
  pixels.bits_allocated = pixels.bits_stored = 8;
  pixels.high_bit = 7;
  for (const char* photometric : {"MONOCHROME2", "YBR_FULL_422"}) {
    pixels.photometric_interpretation = photometric;
    DCMFS_TRY(jpeg.header, parse_jpeg_header(bytes, std::ssize(bytes), pixels));
    pixels.samples_per_pixel = jpeg.header.components;
    if (jpeg.header.components == 1) break;
  }
  pixels.rows = jpeg.header.rows;
  pixels.columns = jpeg.header.columns;
  if (jpeg.header.precision != 8) return Error{Errc::not_supported, "a JPEG of more than 8 bits"};
  if (jpeg.header.components != 1 && jpeg.header.components != 3)
    return Error{Errc::not_supported, "a JPEG that is neither grey nor red, green and blue"};
  if (std::int64_t{pixels.rows} * pixels.columns * jpeg.header.components > kPictureSamplesMax)
    return Error{Errc::too_large, "a picture of too many pixels"};
  return jpeg;
}

std::string bytes_of(const void* from, std::size_t count) {
  return std::string(static_cast<const char*>(from), count);
}

Result<Pixels> decode_jpeg_file(std::string_view bytes) {
  DCMFS_TRY(Jpeg jpeg, read_jpeg(bytes));
  DCMFS_TRY(Samples samples, decode_jpeg(bytes, jpeg.header, jpeg.pixels));
  Pixels made;
  made.columns = jpeg.pixels.columns;
  made.rows = jpeg.pixels.rows;
  made.channels = jpeg.header.components;
  if (made.channels == 1) {
    made.samples = bytes_of(samples.data.data(), samples.data.size());
    return made;
  }
  Frame frame;
  frame.pixels = jpeg.pixels;
  frame.pixels.photometric_interpretation = samples.photometric_interpretation;
  frame.data = std::move(samples.data);
  const Picture picture = colour_picture(frame);
  made.samples = bytes_of(picture.pixels.data(), picture.pixels.size());
  return made;
}

}  // namespace

Result<Pixels> decode_picture_file(std::string_view bytes) {
  if (bytes.starts_with(kPngSignature)) return decode_png(bytes);
  if (bytes.starts_with(kJpegStart)) return decode_jpeg_file(bytes);
  return Error{Errc::not_supported, "neither a PNG nor a JPEG"};
}

Result<JpegFrame> jpeg_frame(std::string_view bytes) {
  if (!bytes.starts_with(kJpegStart)) return Error{Errc::not_supported, "no JPEG"};
  DCMFS_TRY(const Jpeg jpeg, read_jpeg(bytes));
  if (bytes.find(kBaselineStart) == std::string_view::npos)
    return Error{Errc::not_supported, "no baseline JPEG"};
  return JpegFrame{.columns = jpeg.pixels.columns,
                   .rows = jpeg.pixels.rows,
                   .channels = jpeg.header.components,
                   .photometric_interpretation = jpeg.header.photometric_interpretation == "RGB" ||
                                                         jpeg.header.components == 1
                                                     ? jpeg.header.photometric_interpretation
                                                     : "YBR_FULL_422",
                   .bytes = std::string(bytes)};
}

}  // namespace dcmfs
