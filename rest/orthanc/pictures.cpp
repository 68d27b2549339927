#include "rest/orthanc/pictures.h"

#include <algorithm>
#include <cmath>

#include "rest/http/error.h"
#include "rest/http/known_etag.h"
#include "rest/http/media_type.h"
#include "rest/orthanc/open_instance.h"
#include "store/image/colour.h"
#include "store/image/encode.h"
#include "store/image/grey.h"
#include "store/image/numeric.h"
#include "store/image/resize.h"
#include "store/number.h"

namespace dcmfs::rest {
namespace {

constexpr int kUsualQuality = 90;

// Pixels that own their memory.
struct ShownPixels {
  int width = 0, height = 0, channels = 1;
  std::variant<Buffer<std::uint8_t>, Buffer<std::uint16_t>, Buffer<std::int16_t>> samples;

  Raster raster() const {
    return std::visit(
        [this](const auto& all) {
          return Raster{width, height, channels, static_cast<int>(sizeof all[0]),
                        std::as_bytes(std::span(all))};
        },
        samples);
  }
};
ShownPixels shown(Picture picture) {
  return {picture.width, picture.height, picture.channels, std::move(picture.pixels)};
}

// --- what is shown

Result<ShownPixels> make_preview(const OpenFrame& asked, const Request&) {
  DCMFS_TRY(Frame frame, decode_frame(asked.dicom(), asked.pixels, asked.number));
  if (asked.pixels.channels() == 1) return shown(stretched(frame));
  DCMFS_TRY(auto picture, colours_of(asked.dicom(), frame));
  return shown(std::move(picture));
}

// A decimal number of the query; nullopt: it is not there.
Result<std::optional<double>> real_number(const Request& request, std::string_view name) {
  const std::string* text = request.query.find(name);
  if (text == nullptr) return std::optional<double>();
  const auto number = parse_real(*text);
  if (!number) return Error{Errc::invalid_argument, std::string(name) + " is a decimal number"};
  return number;
}

// PS3.18 8.3.5.1.4: by the function LINEAR. What the request does not say, the file does.
Result<std::optional<Window>> window_of(const OpenFrame& asked, const Request& request) {
  DCMFS_TRY(const auto center, real_number(request, "window-center"));
  DCMFS_TRY(const auto width, real_number(request, "window-width"));
  if (!center && !width) return std::optional<Window>();
  Window window;
  if (!center || !width) {
    const auto attributes = read_grey_attributes(asked.dicom(), asked.pixels, asked.number);
    const auto* own = attributes.voi ? std::get_if<Window>(&*attributes.voi) : nullptr;
    if (own == nullptr)
      return Error{Errc::invalid_argument,
                   "window-center and window-width go together: the file has no window"};
    window = *own;
  }
  window.center = center.value_or(window.center);
  window.width = width.value_or(window.width);
  window.function = VoiFunction::linear;
  if (window.width < 1) return Error{Errc::invalid_argument, "window-width is at least 1"};
  return std::optional(window);
}

// Of the box to fit in; 0 is no limit.
Result<std::optional<std::int64_t>> side(const Request& request, std::string_view name) {
  DCMFS_TRY(auto number, request.query.number(name));
  if (number == 0) number = std::nullopt;
  return number;
}

Result<Picture> fitted(Picture picture, const Request& request) {
  DCMFS_TRY(const auto width, side(request, "width"));
  DCMFS_TRY(const auto height, side(request, "height"));
  if (!width && !height) return picture;
  double scale = std::numeric_limits<double>::infinity();
  if (width) scale = std::min(scale, static_cast<double>(*width) / picture.width);
  if (height) scale = std::min(scale, static_cast<double>(*height) / picture.height);
  const auto scaled = [scale](int size) {
    const double wanted = std::min(std::round(size * scale), 1e9);
    return scale > 0 ? std::max(static_cast<int>(wanted), 1) : 0;
  };
  const auto resampling = request.query.flag("smooth") ? Resampling::smooth : Resampling::nearest;
  return resized(picture, scaled(picture.width), scaled(picture.height), resampling);
}

Result<ShownPixels> make_rendered(const OpenFrame& asked, const Request& request) {
  DCMFS_TRY(const auto window, window_of(asked, request));
  DCMFS_TRY(auto picture, render(asked.dicom(), {.frame = asked.number, .window = window}));
  DCMFS_TRY(auto of_size, fitted(std::move(picture), request));
  return shown(std::move(of_size));
}

template <class Sample>
Result<ShownPixels> make_clamped(const OpenFrame& asked, const Request&) {
  if (asked.pixels.channels() != 1)
    return Error{Errc::not_supported,
                 "the values of colour pixels cannot be had as such a picture"};
  DCMFS_TRY(const Frame frame, numeric_frame(asked.dicom(), asked.pixels, asked.number));
  return ShownPixels{asked.pixels.columns, asked.pixels.rows, 1, clamped<Sample>(frame)};
}

// --- as what

struct Format {
  std::string_view type;
  Result<std::string> (*encode)(const Raster&, int quality);
};
Result<std::string> as_png(const Raster& raster, int) {
  return encode_png(raster, kFastPng);
}
Result<std::string> as_pam(const Raster& raster, int) {
  return encode_pam(raster);
}
constexpr Format kFormats[] = {
    {"image/png", as_png},
    {"image/x-portable-arbitrarymap", as_pam},
    {"image/jpeg", encode_jpeg},  // last: only of samples of 8 bits
};

Result<int> quality_of(const Request& request) {
  DCMFS_TRY(const auto quality, request.query.number("quality"));
  if (!quality) return kUsualQuality;
  if (*quality < 1 || *quality > 100)
    return Error{Errc::invalid_argument, "quality is a number from 1 to 100"};
  return static_cast<int>(*quality);
}

const Format* format_of(const Request& request, bool as_jpeg) {
  const auto accepted = accepted_types(header(request.headers, "Accept"));
  const auto best = as_jpeg
                        ? best_of(accepted, {kFormats[0].type, kFormats[1].type, kFormats[2].type})
                        : best_of(accepted, {kFormats[0].type, kFormats[1].type});
  return best < std::size(kFormats) ? &kFormats[best] : nullptr;
}

// Relative, because who stands before us may have us below a path of his own.
std::string up_to_root(const Request& request) {
  std::string up;
  for (auto slashes = std::ranges::count(request.path_text, '/'); slashes > 1; --slashes)
    up += "../";
  return up;
}

struct PictureKind {
  std::string_view name;
  Result<ShownPixels> (*make)(const OpenFrame&, const Request&);
  bool as_jpeg;
};

Result<Response> made(const Services& services, const Request& request, const PictureKind& kind,
                      const Format& format, int quality) {
  DCMFS_TRY(const OpenFrame asked, open_frame(services, request));
  std::string what = std::string(kind.name) + '.' + std::to_string(asked.number) + '.' +
                     std::to_string(&format - kFormats) + '.' + std::to_string(quality) + '.' +
                     std::to_string(kRenderVersion);
  for (const char* name : {"window-center", "window-width", "width", "height", "smooth"}) {
    // As a number: whatever stands there, it is not reflected.
    const std::string* value = request.query.find(name);
    if (value != nullptr) what += '.' + std::to_string(std::hash<std::string>{}(name + *value));
  }
  Response response{.type = std::string(format.type),
                    .headers = {{"Vary", "Accept"}},
                    .etag = etag_of(asked.instance.stored, what)};
  if (client_has(request, response.etag)) return response;
  DCMFS_TRY(const ShownPixels pixels, decodable(kind.make(asked, request)));
  DCMFS_TRY(response.body, format.encode(pixels.raster(), quality));
  return response;
}

Result<Response> answer_picture(const Services& services, Request& request,
                                const PictureKind& kind) {
  const Format* format = format_of(request, kind.as_jpeg);
  if (format == nullptr)
    return failure_response(
        not_acceptable(kind.as_jpeg ? "image/png, image/jpeg or image/x-portable-arbitrarymap"
                                    : "image/png or image/x-portable-arbitrarymap"),
        request);
  DCMFS_TRY(const int quality, quality_of(request));
  auto response = made(services, request, kind, *format, quality);
  if (!response && response.error().code == Errc::not_supported &&
      request.query.flag("returnUnsupportedImage"))
    return Response{.status = 302,
                    .type = {},
                    .headers = {{"Location", up_to_root(request) + "app/images/unsupported.png"}}};
  return response;
}

}  // namespace

Result<Response> preview(const Services& services, Request& request) {
  return answer_picture(services, request, {"preview", make_preview, true});
}
Result<Response> rendered(const Services& services, Request& request) {
  return answer_picture(services, request, {"rendered", make_rendered, true});
}
Result<Response> image_uint8(const Services& services, Request& request) {
  return answer_picture(services, request, {"uint8", make_clamped<std::uint8_t>, true});
}
Result<Response> image_uint16(const Services& services, Request& request) {
  return answer_picture(services, request, {"uint16", make_clamped<std::uint16_t>, false});
}
Result<Response> image_int16(const Services& services, Request& request) {
  return answer_picture(services, request, {"int16", make_clamped<std::int16_t>, false});
}

Result<Response> unsupported_image(const Services&, Request&) {
  constexpr int kSize = 96, kBorder = 3;
  Picture crossed{kSize, kSize, 1, {}};
  for (int y = 0; y < kSize; ++y) {
    for (int x = 0; x < kSize; ++x) {
      const bool line = std::min({x, y, kSize - 1 - x, kSize - 1 - y}) < kBorder ||
                        std::abs(x - y) < kBorder || std::abs(x + y - kSize + 1) < kBorder;
      crossed.pixels.push_back(line ? 160 : 32);
    }
  }
  DCMFS_TRY(auto png, encode_png(raster_of(crossed), kFastPng));
  return Response{.type = "image/png", .body = std::move(png), .etag = "unsupported"};
}

}  // namespace dcmfs::rest
