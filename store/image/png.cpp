// PNG with stored deflate blocks (RFC 1951 3.2.4). libpng writes the chunks;
// the blocks are laid out here, because how zlib cuts them depends on its
// version, and the size of a file in the mounted tree must not. The layout is
// what libpng and zlib make of ordinary pictures at compression level 0.
#include <algorithm>
#include <csetjmp>
#include <span>

#include <png.h>
#include <zlib.h>

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

std::int64_t divided_up(std::int64_t a, std::int64_t b) {
  return (a + b - 1) / b;
}

// A filter type, then the samples, for each row.
std::int64_t raw_size(int width, int height, int channels) {
  return (std::int64_t{width} * channels + 1) * height;
}

std::int64_t zlib_size(std::int64_t raw) {
  return kZlibHeaderBytes + raw + divided_up(raw, kBlockBytes) * kBlockHeaderBytes +
         kZlibTrailerBytes;
}

// Cuts what is appended into stored blocks.
class StoredBlocks {
 public:
  explicit StoredBlocks(std::int64_t raw_bytes) : left_(raw_bytes) {
    out_.reserve(static_cast<std::size_t>(zlib_size(raw_bytes)));
    out_ += "\x78\x01";  // RFC 1950 2.2: deflate, 32 KiB window, fastest
  }

  void append(std::span<const std::uint8_t> bytes) {
    adler_ = adler32_z(adler_, bytes.data(), bytes.size());
    while (!bytes.empty()) {
      if (room_ == 0) begin_block();
      const auto part = bytes.first(std::min<std::size_t>(bytes.size(), room_));
      out_.append(reinterpret_cast<const char*>(part.data()), part.size());
      room_ -= part.size();
      left_ -= static_cast<std::int64_t>(part.size());
      bytes = bytes.subspan(part.size());
    }
  }

  std::string finish() && {
    for (int shift = 24; shift >= 0; shift -= 8) out_ += static_cast<char>(adler_ >> shift);
    return std::move(out_);
  }

 private:
  void begin_block() {
    room_ = static_cast<std::size_t>(std::min(left_, kBlockBytes));
    const auto length = static_cast<std::uint16_t>(room_);
    out_ += left_ <= kBlockBytes ? '\1' : '\0';  // BFINAL, and BTYPE 00
    for (const unsigned half : {unsigned{length}, ~unsigned{length}}) {
      out_ += static_cast<char>(half);
      out_ += static_cast<char>(half >> 8);
    }
  }

  std::string out_;
  std::int64_t left_;
  std::size_t room_ = 0;
  uLong adler_ = 1;
};

std::string zlib_stream(const Picture& picture) {
  const auto row_bytes =
      static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.channels);
  StoredBlocks blocks(raw_size(picture.width, picture.height, picture.channels));
  static constexpr std::uint8_t kNoFilter = 0;
  std::span<const std::uint8_t> rows(picture.pixels);
  for (; !rows.empty(); rows = rows.subspan(row_bytes)) {
    blocks.append({&kNoFilter, 1});
    blocks.append(rows.first(row_bytes));
  }
  return std::move(blocks).finish();
}

void append(png_structp png, png_bytep bytes, png_size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<char*>(bytes), count);
}
void ignore_flush(png_structp) {}
void ignore_warning(png_structp, png_const_charp) {}
void give_up(png_structp png, png_const_charp) {
  png_longjmp(png, 1);
}

// libpng jumps over this frame on an error: no object with a destructor may live in it.
bool write_chunks(png_structp png, png_infop header, const Picture& picture,
                  std::span<const std::uint8_t> data) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_IHDR(png, header, static_cast<png_uint_32>(picture.width),
               static_cast<png_uint_32>(picture.height), 8,
               picture.channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, header);
  static constexpr png_byte kIdat[] = "IDAT", kIend[] = "IEND";
  for (std::size_t at = 0; at < data.size(); at += kChunkBytes) {
    const auto part = data.subspan(at, std::min<std::size_t>(kChunkBytes, data.size() - at));
    png_write_chunk(png, kIdat, part.data(), part.size());
  }
  png_write_chunk(png, kIend, nullptr, 0);
  return true;
}

}  // namespace

std::int64_t png_size(int width, int height, int channels) {
  const std::int64_t data = zlib_size(raw_size(width, height, channels));
  return kSignatureBytes + kChunkOverhead + kIhdrBytes + data +
         divided_up(data, kChunkBytes) * kChunkOverhead + kChunkOverhead;
}

Result<std::string> encode_png(const Picture& picture) {
  const bool is_sane = picture.width >= 1 && picture.width <= kPngDimensionMax &&
                       picture.height >= 1 && picture.height <= kPngDimensionMax &&
                       (picture.channels == 1 || picture.channels == 3);
  if (!is_sane || std::ssize(picture.pixels) !=
                      std::int64_t{picture.width} * picture.height * picture.channels) {
    return Error{Errc::invalid_argument, "not a picture"};
  }
  const std::string data = zlib_stream(picture);
  std::string out;
  out.reserve(static_cast<std::size_t>(png_size(picture.width, picture.height, picture.channels)));
  png_structp png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, give_up, ignore_warning);
  png_infop header = png ? png_create_info_struct(png) : nullptr;
  bool done = false;
  if (header) {
    png_set_write_fn(png, &out, append, ignore_flush);
    const std::span<const char> bytes(data);
    done = write_chunks(png, header, picture,
                        {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  }
  png_destroy_write_struct(&png, &header);
  if (!done) return Error{Errc::io, "libpng could not write the picture"};
  return out;
}

}  // namespace dcmfs
