#include "store/image/jpeg_2000_cost.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "store/image/divide.h"

namespace dcmfs {
namespace {

// OpenJPEG keeps some hundred bytes for a code block and for a precinct, and visits every packet.
// Ordinary: blocks of 64x64 or 32x32, one precinct for each tile and resolution, some 20 layers.
constexpr std::int64_t kTilesMax = 16384;
constexpr std::int64_t kBlocksMax = std::int64_t{1} << 19;
constexpr std::int64_t kPrecinctsMax = std::int64_t{1} << 19;
constexpr std::int64_t kPacketsMax = std::int64_t{1} << 23;
constexpr int kLevelsMax = 32;  // ISO/IEC 15444-1 A.6.1

constexpr std::uint32_t kSiz = 0xff51, kCod = 0xff52, kCoc = 0xff53, kSot = 0xff90, kSod = 0xff93,
                        kEoc = 0xffd9;

std::uint32_t big_endian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    value = value << 8 | (i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0);
  }
  return value;
}

struct Geometry {                                // of SIZ, ISO/IEC 15444-1 A.5.1
  std::int64_t width = 0, height = 0;            // of the image
  std::int64_t tile_width = 0, tile_height = 0;  // as far as they are filled
  std::int64_t tiles = 0;
  std::int64_t components = 0;
};

std::optional<Geometry> read_geometry(std::string_view siz) {
  std::array<std::int64_t, 8> size{};  // Xsiz Ysiz XOsiz YOsiz XTsiz YTsiz XTOsiz YTOsiz
  for (std::size_t i = 0; i < size.size(); ++i) size[i] = big_endian(siz, 2 + 4 * i, 4);
  const auto [x1, y1, x0, y0, tile_w, tile_h, tile_x0, tile_y0] = size;
  if (x1 <= x0 || y1 <= y0 || tile_w == 0 || tile_h == 0 || tile_x0 > x0 || tile_y0 > y0) {
    return std::nullopt;
  }
  Geometry out;
  out.width = x1 - x0;
  out.height = y1 - y0;
  out.tile_width = std::min(tile_w, out.width);
  out.tile_height = std::min(tile_h, out.height);
  out.tiles = divided_up(x1 - tile_x0, tile_w) * divided_up(y1 - tile_y0, tile_h);
  out.components = big_endian(siz, 34, 2);
  return out;
}

// SPcod and SPcoc, ISO/IEC 15444-1 table A.20.
struct CodingStyle {
  int levels = 0;
  int block_width = 0, block_height = 0;  // exponents
  bool has_precincts = false;
  std::string_view precincts;  // a byte for each resolution
};

std::optional<CodingStyle> read_style(std::string_view parameters, bool has_precincts) {
  if (parameters.size() < 5) return std::nullopt;
  CodingStyle style;
  style.levels = static_cast<unsigned char>(parameters[0]);
  style.block_width = (parameters[1] & 15) + 2;
  style.block_height = (parameters[2] & 15) + 2;
  style.has_precincts = has_precincts;
  style.precincts = parameters.substr(5);
  return style;
}

struct Count {
  std::int64_t blocks = 0, precincts = 0;  // of all tiles and components
};

// As if all of the image were coded so.
Count count(const Geometry& image, const CodingStyle& style) {
  Count out;
  for (int r = 0; r <= style.levels; ++r) {
    const int shift = style.levels - r;
    const std::int64_t width = divided_up(image.tile_width, std::int64_t{1} << shift);
    const std::int64_t height = divided_up(image.tile_height, std::int64_t{1} << shift);
    const auto byte =
        style.has_precincts ? big_endian(style.precincts, static_cast<std::size_t>(r), 1) : 0xffu;
    const int precinct_width = byte & 15, precinct_height = byte >> 4;
    const std::int64_t precincts = divided_up(width, std::int64_t{1} << precinct_width) *
                                   divided_up(height, std::int64_t{1} << precinct_height);
    // B.7: a block is no larger than its precinct in the sub-band, which has half the resolution.
    const int halved = r == 0 ? 0 : 1;
    const int block_width = std::clamp(style.block_width, 0, std::max(precinct_width - halved, 0));
    const int block_height =
        std::clamp(style.block_height, 0, std::max(precinct_height - halved, 0));
    const std::int64_t blocks =
        divided_up(divided_up(width, 1 << halved), std::int64_t{1} << block_width) *
        divided_up(divided_up(height, 1 << halved), std::int64_t{1} << block_height);
    out.precincts += precincts;
    out.blocks += std::max(blocks, precincts) * (r == 0 ? 1 : 3);
  }
  out.blocks *= image.tiles * image.components;
  out.precincts *= image.tiles * image.components;
  return out;
}

Error too_much(const char* what) {
  return {Errc::not_supported, std::string("too many JPEG 2000 ") + what};
}

class Walk {
 public:
  explicit Walk(std::string_view bytes) : bytes_(bytes) {}

  Result<> run() {
    std::size_t at = 2;  // behind SOC
    for (;;) {
      DCMFS_TRY(const auto next, header(at));
      if (!next) return {};
      at = *next;
    }
  }

 private:
  // The segments of a header, from `at`; answers where the next tile-part begins, nullopt where the
  // bytes or the codestream end.
  Result<std::optional<std::size_t>> header(std::size_t at) {
    using Next = std::optional<std::size_t>;
    Next next;
    while (at + 4 <= bytes_.size()) {
      const std::uint32_t marker = big_endian(bytes_, at, 2);
      if (marker == kEoc) return Next();
      if (marker == kSod) return next;
      const std::size_t length = big_endian(bytes_, at + 2, 2);
      if (marker < 0xff00 || length < 2) {
        return Error{Errc::corrupt, "JPEG 2000 tile-parts that do not follow each other"};
      }
      const std::string_view payload = bytes_.substr(at + 4, length - 2);
      if (marker == kSot) {
        if (at > 2 && next) return next;  // a tile-part without data
        const std::size_t part = big_endian(payload, 2, 4);
        // A.4.2: 0 of the last one, which reaches to EOC.
        if (part != 0 && part < 14) {
          return Error{Errc::corrupt, "JPEG 2000 tile-parts that do not follow each other"};
        }
        if (part != 0) next = at + part;
      }
      DCMFS_CHECK(take(marker, payload));
      at += 2 + length;
    }
    return Next();
  }

  Result<> take(std::uint32_t marker, std::string_view payload) {
    std::optional<CodingStyle> style;
    if (marker == kSiz && !image_) {
      image_ = read_geometry(payload);
      if (image_ && image_->tiles > kTilesMax) return too_much("tiles");
    } else if (marker == kCod && payload.size() > 5) {
      layers_ = std::max<std::int64_t>(layers_, big_endian(payload, 2, 2));
      style = read_style(payload.substr(5), (payload[0] & 1) != 0);
    } else if (marker == kCoc && image_) {
      const std::size_t index = image_->components < 257 ? 1 : 2;
      if (payload.size() > index + 1) {
        style = read_style(payload.substr(index + 1), (payload[index] & 1) != 0);
      }
    }
    return style && image_ ? check(*style) : Result<>();
  }

  Result<> check(const CodingStyle& style) {
    if (style.levels > kLevelsMax) return too_much("decomposition levels");
    const Count asked = count(*image_, style);
    if (asked.blocks > kBlocksMax) return too_much("code blocks");
    if (asked.precincts > kPrecinctsMax) return too_much("precincts");
    precincts_ = std::max(precincts_, asked.precincts);
    if (precincts_ * layers_ > kPacketsMax) return too_much("packets");
    return {};
  }

  std::string_view bytes_;
  std::optional<Geometry> image_;
  std::int64_t layers_ = 1, precincts_ = 1;  // the most of any style
};

}  // namespace

Result<> check_jpeg_2000_cost(std::string_view codestream) {
  return Walk(codestream).run();
}

}  // namespace dcmfs
