#include "store/image/codestream.h"

#include <array>
#include <optional>

#include "store/image/jpeg_2000_cost.h"

namespace dcmfs {
namespace {

// OpenJPEG keeps several KiB for each layer that a header names.
constexpr int kLayersMax = 1024;

Error header_ends() {
  return {Errc::corrupt, "the header of the codestream is incomplete"};
}

// Big-endian numbers, as all these formats but RLE have them.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}
  bool ended() const { return ended_; }
  std::uint32_t number(int bytes) {
    std::uint32_t value = 0;
    for (char c : take(static_cast<std::size_t>(bytes))) {
      value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
  }
  std::string_view take(std::size_t count) {
    if (count > bytes_.size()) {
      ended_ = true;
      bytes_ = {};
      return {};
    }
    const std::string_view out = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return out;
  }
  std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
  bool ended_ = false;
};

struct Segment {
  int marker = 0;
  Cursor payload{{}};
};

// The next marker segment of a JPEG family header (ITU-T T.81 B.1.1); nullopt where it ends.
std::optional<Segment> next_segment(Cursor& cursor) {
  if (cursor.number(1) != 0xff) return std::nullopt;
  std::uint32_t marker = 0xff;
  while (marker == 0xff && !cursor.ended()) marker = cursor.number(1);  // fill bytes
  const std::uint32_t length = cursor.number(2);
  if (cursor.ended() || length < 2) return std::nullopt;
  Segment segment{static_cast<int>(marker), Cursor(cursor.take(length - 2))};
  if (cursor.ended()) return std::nullopt;
  return segment;
}

// What a JPEG says about its colours, in markers of its own.
struct ColourMarkers {
  bool jfif = false;
  std::optional<int> adobe_transform;
  bool subsampled = false;
};

// PS3.5 8.2.1: the codestream, not the attribute, decides whether a lossy
// JPEG holds luminance and chrominance: JFIF always does, an Adobe marker
// says so, and nobody subsamples RGB.
std::string jpeg_colours(const ColourMarkers& markers, bool lossy, const std::string& attribute) {
  if (attribute == "YBR_PARTIAL_422" && !markers.jfif && !markers.adobe_transform) {
    return attribute;
  }
  if (markers.adobe_transform == 0) return "RGB";
  if (markers.adobe_transform == 1) return "YBR_FULL";
  if (lossy && (markers.jfif || markers.subsampled)) return "YBR_FULL";
  return attribute == "YBR_FULL_422" ? "YBR_FULL" : attribute;
}

constexpr int kSof0 = 0xc0, kSof1 = 0xc1, kSof2 = 0xc2, kSof3 = 0xc3;
constexpr int kDht = 0xc4, kJpg = 0xc8, kDac = 0xcc, kSos = 0xda;
constexpr int kApp0 = 0xe0, kApp14 = 0xee;
constexpr int kSof55 = 0xf7, kLse = 0xf8;

bool is_start_of_frame(int marker) {
  return marker >= kSof0 && marker <= 0xcf && marker != kDht && marker != kJpg && marker != kDac;
}

// The parameters of a frame header; ITU-T T.81 B.2.2 and T.87 C.2.2 agree.
CodestreamHeader read_frame_header(Cursor& payload, bool* subsampled) {
  CodestreamHeader header;
  header.precision = static_cast<int>(payload.number(1));
  header.rows = static_cast<int>(payload.number(2));
  header.columns = static_cast<int>(payload.number(2));
  header.components = static_cast<int>(payload.number(1));
  for (int i = 0; i < header.components; ++i) {
    payload.number(1);
    if (payload.number(1) != 0x11 && header.components > 1) *subsampled = true;
    payload.number(1);
  }
  return header;
}

std::uint32_t little_endian_32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

}  // namespace

Result<CodestreamHeader> parse_jpeg_header(std::string_view bytes, std::int64_t,
                                           const PixelDescription& pixels) {
  Cursor cursor(bytes);
  if (cursor.number(2) != 0xffd8) return Error{Errc::corrupt, "no JPEG codestream"};
  ColourMarkers markers;
  while (auto segment = next_segment(cursor)) {
    const std::string_view payload = segment->payload.rest();
    if (segment->marker == kApp0 && payload.starts_with("JFIF")) markers.jfif = true;
    if (segment->marker == kApp14 && payload.starts_with("Adobe") && payload.size() >= 12) {
      markers.adobe_transform = static_cast<unsigned char>(payload[11]);
    }
    if (segment->marker == kSos) break;
    if (!is_start_of_frame(segment->marker)) continue;

    if (segment->marker > kSof3) return Error{Errc::not_supported, "a JPEG process of no decoder"};
    CodestreamHeader header = read_frame_header(segment->payload, &markers.subsampled);
    if (segment->payload.ended()) return header_ends();
    header.lossy = segment->marker != kSof3;
    header.sequential = segment->marker == kSof0 || segment->marker == kSof1;
    if (!header.lossy && markers.subsampled) {
      return Error{Errc::not_supported, "lossless JPEG with subsampled components"};
    }
    const bool precision_is_known = header.lossy ? header.precision == 8 || header.precision == 12
                                                 : header.precision >= 2 && header.precision <= 16;
    if (!precision_is_known) return Error{Errc::corrupt, "a JPEG precision that does not exist"};
    header.photometric_interpretation =
        header.components == 3
            ? jpeg_colours(markers, header.lossy, pixels.photometric_interpretation)
            : pixels.photometric_interpretation;
    return header;
  }
  return header_ends();
}

Result<CodestreamHeader> parse_jpeg_ls_header(std::string_view bytes, std::int64_t,
                                              const PixelDescription& pixels) {
  Cursor cursor(bytes);
  if (cursor.number(2) != 0xffd8) return Error{Errc::corrupt, "no JPEG-LS codestream"};
  std::optional<CodestreamHeader> header;
  bool default_thresholds = true;
  while (auto segment = next_segment(cursor)) {
    if (segment->marker == kSof55) {
      bool subsampled = false;
      header = read_frame_header(segment->payload, &subsampled);
      if (segment->payload.ended()) return header_ends();
      if (subsampled) return Error{Errc::not_supported, "JPEG-LS with subsampled components"};
      if (header->precision < 2 || header->precision > 16) {
        return Error{Errc::corrupt, "a JPEG-LS precision that does not exist"};
      }
    }
    if (segment->marker == kLse && segment->payload.number(1) == 1) default_thresholds = false;
    if (segment->marker != kSos || !header) continue;

    if (header->precision < 8 && !default_thresholds) {  // see decode_jpeg_ls
      return Error{Errc::not_supported, "JPEG-LS of less than 8 bits with parameters of its own"};
    }
    const auto components = segment->payload.number(1);
    segment->payload.take(std::size_t{2} * components);
    header->near = static_cast<int>(segment->payload.number(1));  // ITU-T T.87 C.2.3
    header->lossy = header->near != 0;
    if (segment->payload.ended()) return header_ends();
    header->photometric_interpretation = pixels.photometric_interpretation == "YBR_FULL_422"
                                             ? "YBR_FULL"
                                             : pixels.photometric_interpretation;
    return *header;
  }
  return header_ends();
}

std::string_view jpeg_2000_codestream(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\xff\x4f"sv)) return bytes;
  constexpr int kBoxesMax = 64;
  Cursor cursor(bytes);
  for (int i = 0; i < kBoxesMax && !cursor.rest().empty(); ++i) {  // ISO/IEC 15444-1 I.4
    const std::uint32_t length = cursor.number(4);
    const std::string_view type = cursor.take(4);
    if (type == "jp2c"sv) return cursor.rest();
    if (length < 8) return {};  // boxes of extended length come last
    cursor.take(length - 8);
  }
  return {};
}

Result<CodestreamHeader> parse_jpeg_2000_header(std::string_view bytes, std::int64_t,
                                                const PixelDescription& pixels) {
  constexpr std::uint32_t kSocSiz = 0xff4fff51, kCod = 0xff52, kSot = 0xff90;
  Cursor cursor(jpeg_2000_codestream(bytes));
  if (cursor.number(4) != kSocSiz) return Error{Errc::corrupt, "no JPEG 2000 codestream"};
  cursor.number(4);                    // Lsiz, Rsiz
  std::array<std::int64_t, 8> size{};  // Xsiz Ysiz XOsiz YOsiz XTsiz YTsiz XTOsiz YTOsiz
  for (auto& value : size) value = cursor.number(4);
  const auto [x1, y1, x0, y0, tile_w, tile_h, tile_x0, tile_y0] = size;
  CodestreamHeader header;
  header.components = static_cast<int>(cursor.number(2));
  if (cursor.ended()) return header_ends();
  if (x1 <= x0 || y1 <= y0 || tile_w == 0 || tile_h == 0 || tile_x0 > x0 || tile_y0 > y0 ||
      x1 - x0 > 65535 || y1 - y0 > 65535) {
    return Error{Errc::corrupt, "a JPEG 2000 image of impossible size"};
  }
  DCMFS_CHECK(check_jpeg_2000_cost(jpeg_2000_codestream(bytes)));
  header.columns = static_cast<int>(x1 - x0);
  header.rows = static_cast<int>(y1 - y0);
  for (int i = 0; i < header.components; ++i) {
    const auto depth = static_cast<int>(cursor.number(1));
    const int precision = (depth & 0x7f) + 1;
    const bool is_signed = (depth & 0x80) != 0;
    const bool subsampled = cursor.number(2) != 0x0101;
    if (cursor.ended()) return header_ends();
    if (subsampled || (i > 0 && (precision != header.precision || is_signed != header.is_signed))) {
      return Error{Errc::not_supported, "JPEG 2000 components that differ"};
    }
    header.precision = precision;
    header.is_signed = is_signed;
  }

  while (true) {  // marker segments of the main header up to COD, which must be there
    const std::uint32_t marker = cursor.number(2);
    if (cursor.ended()) return header_ends();
    if (marker == kSot) return Error{Errc::corrupt, "JPEG 2000 without coding style"};
    const std::uint32_t length = cursor.number(2);
    if (cursor.ended() || length < 2) return header_ends();
    Cursor segment(cursor.take(length - 2));
    if (cursor.ended()) return header_ends();
    if (marker != kCod) continue;

    segment.number(2);  // Scod, progression order
    const auto layers = segment.number(2);
    const bool has_transform = segment.number(1) == 1;
    segment.number(4);                      // decomposition levels, code block size and style
    header.lossy = segment.number(1) == 0;  // the 9-7 wavelet
    if (segment.ended()) return header_ends();
    if (layers == 0 || layers > kLayersMax) {
      return Error{Errc::not_supported, "too many JPEG 2000 layers"};
    }
    // PS3.5 8.2.4: YBR_ICT and YBR_RCT name the codestream's own transform,
    // which the decoder undoes.
    header.photometric_interpretation = pixels.photometric_interpretation;
    const bool names_transform = pixels.photometric_interpretation == "YBR_ICT" ||
                                 pixels.photometric_interpretation == "YBR_RCT";
    if (header.components == 3 && has_transform) {
      header.photometric_interpretation = "RGB";
    } else if (names_transform) {
      return Error{Errc::not_supported, "a colour transform that the codestream does not have"};
    } else if (pixels.photometric_interpretation == "YBR_FULL_422") {
      header.photometric_interpretation = "YBR_FULL";
    }
    return header;
  }
}

Result<CodestreamHeader> parse_rle_header(std::string_view bytes, std::int64_t length,
                                          const PixelDescription& pixels) {
  constexpr std::size_t kHeaderBytes = 64;  // PS3.5 G.5
  if (bytes.size() < kHeaderBytes) return header_ends();
  const int bytes_per_sample = (pixels.bits_allocated + 7) / 8;
  const auto segments = static_cast<std::uint32_t>(pixels.samples_per_pixel * bytes_per_sample);
  if (little_endian_32(bytes, 0) != segments) {
    return Error{Errc::corrupt, "RLE with another number of segments than bytes a pixel"};
  }
  std::uint32_t before = kHeaderBytes - 1;
  for (std::uint32_t i = 0; i < segments; ++i) {
    const std::uint32_t offset = little_endian_32(bytes, 4 + 4 * i);
    if (offset <= before || offset >= length) {
      return Error{Errc::corrupt, "RLE segments out of order or outside their frame"};
    }
    before = offset;
  }
  CodestreamHeader header;
  header.rows = pixels.rows;
  header.columns = pixels.columns;
  header.components = pixels.samples_per_pixel;
  header.precision = pixels.bits_allocated;
  header.photometric_interpretation = pixels.photometric_interpretation == "YBR_FULL_422"
                                          ? "YBR_FULL"
                                          : pixels.photometric_interpretation;
  return header;
}

}  // namespace dcmfs
