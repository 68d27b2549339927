// PNG, read and written in two ways. With stored deflate blocks (RFC 1951 3.2.4): libpng writes the chunks;
// the blocks are laid out here, because how zlib cuts them depends on its
// version, and the size of a file in the mounted tree must not. The layout is
// what libpng and zlib make of ordinary pictures at compression level 0.
// And deflated, for who is sent a picture: all of that by libpng.
#include <algorithm>
#include <array>
#include <csetjmp>
#include <span>
#include <vector>

#include <png.h>
#include <zlib.h>

#include "store/image/divide.h"
#include "store/image/picture_file.h"
#include "store/image/raster.h"
#include "store/image/render.h"

namespace dcmfs {
namespace {

constexpr std::int64_t kBlockBytes = 32768;  // the window of zlib
constexpr std::int64_t kBlockHeaderBytes = 5;
constexpr std::int64_t kZlibHeaderBytes = 2, kZlibTrailerBytes = 4;  // RFC 1950
constexpr std::int64_t kChunkBytes = 8192;                           // the buffer of libpng
constexpr std::int64_t kChunkOverhead = 12;
constexpr std::int64_t kSignatureBytes = 8, kIhdrBytes = 13;
constexpr int kPngDimensionMax = 65535;
constexpr std::size_t kDeflatedChunkBytes = 1 << 18;

// A filter type, then the samples, for each row.
std::int64_t raw_size(int width, int height, int channels) {
  return (std::int64_t{width} * channels + 1) * height;
}

std::int64_t zlib_size(std::int64_t raw) {
  return kZlibHeaderBytes + raw + divided_up(raw, kBlockBytes) * kBlockHeaderBytes +
         kZlibTrailerBytes;
}

void append(png_structp png, png_bytep bytes, png_size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<char*>(bytes), count);
}
void ignore_flush(png_structp) {}
void ignore_warning(png_structp, png_const_charp) {}
void give_up(png_structp png, png_const_charp) {
  png_longjmp(png, 1);
}

// Cuts what is put into it into stored blocks, and those into chunks, without keeping any of it.
// libpng jumps over these objects on an error: they own nothing.
class Chunks {
 public:
  Chunks(png_structp png, std::int64_t bytes) : png_(png), left_(bytes) {}

  void put(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
      if (room_ == 0) begin();
      const auto part = bytes.first(std::min(bytes.size(), room_));
      png_write_chunk_data(png_, part.data(), part.size());
      bytes = bytes.subspan(part.size());
      room_ -= part.size();
      if (room_ == 0) png_write_chunk_end(png_);
    }
  }

 private:
  void begin() {
    static constexpr png_byte kIdat[] = "IDAT";
    room_ = static_cast<std::size_t>(std::min(left_, kChunkBytes));
    left_ -= static_cast<std::int64_t>(room_);
    png_write_chunk_start(png_, kIdat, static_cast<png_uint_32>(room_));
  }

  png_structp png_;
  std::int64_t left_;  // of all chunks that are to begin
  std::size_t room_ = 0;
};

class StoredBlocks {
 public:
  StoredBlocks(png_structp png, std::int64_t raw_bytes)
      : chunks_(png, zlib_size(raw_bytes)), left_(raw_bytes) {
    // RFC 1950 2.2: deflate, 32 KiB window, fastest.
    chunks_.put(std::array<std::uint8_t, kZlibHeaderBytes>{0x78, 0x01});
  }

  void put(std::span<const std::uint8_t> bytes) {
    adler_ = adler32_z(adler_, bytes.data(), bytes.size());
    while (!bytes.empty()) {
      if (room_ == 0) begin();
      const auto part = bytes.first(std::min(bytes.size(), room_));
      chunks_.put(part);
      bytes = bytes.subspan(part.size());
      room_ -= part.size();
    }
  }

  void finish() {
    const auto a = static_cast<std::uint32_t>(adler_);
    chunks_.put(std::array<std::uint8_t, kZlibTrailerBytes>{byte(a >> 24), byte(a >> 16),
                                                            byte(a >> 8), byte(a)});
  }

 private:
  static std::uint8_t byte(std::uint32_t word) { return static_cast<std::uint8_t>(word); }

  void begin() {
    room_ = static_cast<std::size_t>(std::min(left_, kBlockBytes));
    left_ -= static_cast<std::int64_t>(room_);
    const auto length = static_cast<std::uint32_t>(room_);
    const std::uint8_t is_final = left_ == 0 ? 1 : 0;  // and the two bits of "stored" are 0
    chunks_.put(std::array<std::uint8_t, kBlockHeaderBytes>{
        is_final, byte(length), byte(length >> 8), byte(~length), byte(~length >> 8)});
  }

  Chunks chunks_;
  std::int64_t left_;  // of all blocks that are to begin
  std::size_t room_ = 0;
  uLong adler_ = 1;
};

// libpng jumps over this frame on an error: no object with a destructor may live in it.
bool write_chunks(png_structp png, png_infop header, const Picture& picture) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_IHDR(png, header, static_cast<png_uint_32>(picture.width),
               static_cast<png_uint_32>(picture.height), 8,
               picture.channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, header);
  StoredBlocks blocks(png, raw_size(picture.width, picture.height, picture.channels));
  static constexpr std::uint8_t kNoFilter = 0;
  const auto row_bytes =
      static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.channels);
  std::span<const std::uint8_t> rows(picture.pixels);
  for (; !rows.empty(); rows = rows.subspan(row_bytes)) {
    blocks.put({&kNoFilter, 1});
    blocks.put(rows.first(row_bytes));
  }
  blocks.finish();
  static constexpr png_byte kIend[] = "IEND";
  png_write_chunk(png, kIend, nullptr, 0);
  return true;
}

// -- reading

struct PngBytes {
  std::string_view rest;
};

void take(png_structp png, png_bytep into, png_size_t count) {
  auto& from = *static_cast<PngBytes*>(png_get_io_ptr(png));
  if (from.rest.size() < count) png_error(png, "too short");
  std::copy_n(from.rest.begin(), count, into);
  from.rest.remove_prefix(count);
}

// Of a picture of other kinds libpng makes one of these: grey or RGB, 8 bits, or grey of 16.
struct PngLayout {
  png_uint_32 columns = 0, rows = 0;
  int channels = 1, bits = 8;
};

// libpng jumps over this frame on an error: no object with a destructor may live in it.
bool read_png_header(png_structp png, png_infop header, PngLayout& layout) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_read_info(png, header);
  int bits = 0, colour = 0;
  png_get_IHDR(png, header, &layout.columns, &layout.rows, &bits, &colour, nullptr, nullptr,
               nullptr);
  const bool is_grey = (colour & PNG_COLOR_MASK_COLOR) == 0;
  if (colour == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (is_grey && bits < 8) png_set_expand_gray_1_2_4_to_8(png);
  if (!is_grey && bits == 16) png_set_scale_16(png);
  if (is_grey && bits == 16) png_set_swap(png);  // PNG is big endian
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, header);
  layout.channels = png_get_channels(png, header);
  layout.bits = png_get_bit_depth(png, header);
  return true;
}

// As above. `rows` are pointers to where each row is to be.
bool read_png_rows(png_structp png, png_bytepp rows) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_read_image(png, rows);
  png_read_end(png, nullptr);
  return true;
}

Result<Pixels> read_png(png_structp png, png_infop header, std::string_view bytes) {
  PngBytes from{bytes};
  png_set_read_fn(png, &from, take);
  png_set_user_limits(png, kPngDimensionMax, kPngDimensionMax);
  PngLayout layout;
  if (!read_png_header(png, header, layout)) return Error{Errc::corrupt, "a damaged PNG"};
  const std::int64_t row_bytes = std::int64_t{layout.columns} * layout.channels * (layout.bits / 8);
  if (row_bytes * layout.rows > kPictureSamplesMax)
    return Error{Errc::too_large, "a picture of too many pixels"};
  Pixels made;
  made.columns = static_cast<int>(layout.columns);
  made.rows = static_cast<int>(layout.rows);
  made.channels = layout.channels;
  made.bits = layout.bits;
  made.samples.resize(static_cast<std::size_t>(row_bytes * layout.rows));
  std::vector<png_bytep> rows(layout.rows);
  for (std::size_t i = 0; i < rows.size(); ++i)
    rows[i] =
        reinterpret_cast<png_bytep>(made.samples.data()) + i * static_cast<std::size_t>(row_bytes);
  if (!read_png_rows(png, rows.data())) return Error{Errc::corrupt, "a damaged PNG"};
  return made;
}

// Likewise.
bool write_deflated(png_structp png, png_infop header, const Raster& raster, int level,
                    std::string_view icc) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_compression_level(png, level);
  png_set_compression_buffer_size(png, kDeflatedChunkBytes);
  // Neighbours differ little, and noise has no strings that come again: where speed is asked for,
  // zlib looks for runs alone, which makes a CT smaller than its level 1, and sooner.
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
  if (level == kFastPng) png_set_compression_strategy(png, Z_RLE);
  png_set_IHDR(png, header, static_cast<png_uint_32>(raster.width),
               static_cast<png_uint_32>(raster.height), 8 * raster.bytes,
               raster.channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!icc.empty())
    png_set_iCCP(png, header, "ICC profile", PNG_COMPRESSION_TYPE_BASE,
                 reinterpret_cast<png_const_bytep>(icc.data()),
                 static_cast<png_uint_32>(icc.size()));
  png_write_info(png, header);
  if (raster.bytes == 2) png_set_swap(png);  // PNG has the most significant byte first
  const auto* row = reinterpret_cast<png_const_bytep>(raster.samples.data());
  for (int y = 0; y < raster.height; ++y, row += row_bytes(raster)) png_write_row(png, row);
  png_write_end(png, header);
  return true;
}

// What `write` makes of it: called with libpng's two objects, answers whether it could.
template <class Write>
Result<std::string> written_png(std::int64_t bytes_expected, Write write) {
  std::string out;
  out.reserve(static_cast<std::size_t>(bytes_expected));
  png_structp png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, give_up, ignore_warning);
  png_infop header = png ? png_create_info_struct(png) : nullptr;
  bool done = false;
  if (header) {
    png_set_write_fn(png, &out, append, ignore_flush);
    done = write(png, header);
  }
  png_destroy_write_struct(&png, &header);
  if (!done) return Error{Errc::io, "libpng could not write the picture"};
  return out;
}

}  // namespace

Result<Pixels> decode_png(std::string_view bytes) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, give_up, ignore_warning);
  png_infop header = png ? png_create_info_struct(png) : nullptr;
  Result<Pixels> made = header ? read_png(png, header, bytes)
                               : Result<Pixels>(Error{Errc::no_space, "no memory for a PNG"});
  png_destroy_read_struct(&png, &header, nullptr);
  return made;
}

std::int64_t png_size(int width, int height, int channels) {
  const std::int64_t data = zlib_size(raw_size(width, height, channels));
  return kSignatureBytes + kChunkOverhead + kIhdrBytes + data +
         divided_up(data, kChunkBytes) * kChunkOverhead + kChunkOverhead;
}

Result<std::string> encode_png(const Picture& picture) {
  DCMFS_CHECK(check_raster(raster_of(picture), kPngDimensionMax));
  return written_png(png_size(picture.width, picture.height, picture.channels),
                     [&](auto png, auto header) { return write_chunks(png, header, picture); });
}

Result<std::string> encode_png(const Raster& raster, int level, std::string_view icc) {
  DCMFS_CHECK(check_raster(raster, kPngDimensionMax));
  if (level < 0 || level > 9)
    return Error{Errc::invalid_argument, "a level of compression is from 0 to 9"};
  return written_png(std::ssize(raster.samples) / 2, [&](auto png, auto header) {
    return write_deflated(png, header, raster, level, icc);
  });
}

}  // namespace dcmfs
