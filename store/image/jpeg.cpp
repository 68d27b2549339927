// JPEG by libjpeg-turbo. It jumps on errors: no object with a destructor lives in the frame that it
// jumps over.
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <jpeglib.h>

#include "store/image/raster.h"

namespace dcmfs {
namespace {

constexpr int kJpegDimensionMax = JPEG_MAX_DIMENSION;
constexpr std::int64_t kIccBytesMax = 255 * 65519;  // ICC.1 B.4: so many markers

struct Jump : jpeg_error_mgr {
  std::jmp_buf where;
};
[[noreturn]] void jump(j_common_ptr codec) {
  std::longjmp(static_cast<Jump*>(codec->err)->where, 1);
}
void ignore_message(j_common_ptr) {}

// What jpeg_mem_dest fills: malloc's.
struct JpegBytes {
  unsigned char* data = nullptr;
  unsigned long size = 0;
};

bool write_jpeg(jpeg_compress_struct& codec, Jump& jumps, const Raster& raster, int quality,
                std::string_view icc, JpegBytes& out) {
  codec.err = jpeg_std_error(&jumps);
  jumps.error_exit = jump;
  jumps.output_message = ignore_message;
  if (setjmp(jumps.where)) return false;
  jpeg_create_compress(&codec);
  jpeg_mem_dest(&codec, &out.data, &out.size);
  codec.image_width = static_cast<JDIMENSION>(raster.width);
  codec.image_height = static_cast<JDIMENSION>(raster.height);
  codec.input_components = raster.channels;
  codec.in_color_space = raster.channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, quality, TRUE);
  jpeg_start_compress(&codec, TRUE);
  if (!icc.empty())
    jpeg_write_icc_profile(&codec, reinterpret_cast<const JOCTET*>(icc.data()),
                           static_cast<unsigned>(icc.size()));
  const auto* first = reinterpret_cast<const JSAMPLE*>(raster.samples.data());
  while (codec.next_scanline < codec.image_height) {
    auto* row = const_cast<JSAMPLE*>(first + row_bytes(raster) * codec.next_scanline);
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  return true;
}

}  // namespace

Result<std::string> encode_jpeg(const Raster& raster, int quality) {
  return encode_jpeg(raster, quality, {});
}

Result<std::string> encode_jpeg(const Raster& raster, int quality, std::string_view icc) {
  DCMFS_CHECK(check_raster(raster, kJpegDimensionMax));
  if (raster.bytes != 1) return Error{Errc::invalid_argument, "JPEG has samples of 8 bits"};
  if (std::ssize(icc) > kIccBytesMax)
    return Error{Errc::invalid_argument, "a colour profile is too long for JPEG"};
  if (quality < 1 || quality > 100)
    return Error{Errc::invalid_argument, "quality is a number from 1 to 100"};
  jpeg_compress_struct codec{};
  Jump jumps{};
  JpegBytes bytes;
  const bool done = write_jpeg(codec, jumps, raster, quality, icc, bytes);
  jpeg_destroy_compress(&codec);
  const std::unique_ptr<unsigned char, decltype(&std::free)> owned(bytes.data, &std::free);
  if (!done) return Error{Errc::io, "libjpeg could not write the picture"};
  return std::string(reinterpret_cast<const char*>(bytes.data), bytes.size);
}

}  // namespace dcmfs
