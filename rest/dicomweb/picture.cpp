#include "rest/dicomweb/picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "store/dicom/text.h"
#include "store/image/encode.h"
#include "store/image/presentation_state.h"
#include "store/image/resize.h"
#include "store/number.h"

namespace dcmfs::rest {
namespace {

constexpr int kViewportMax = 16'384;

struct FunctionName {
  std::string_view name;
  VoiFunction function;
};
constexpr std::array kFunctions{FunctionName{"linear", VoiFunction::linear},
                                FunctionName{"linear-exact", VoiFunction::linear_exact},
                                FunctionName{"sigmoid", VoiFunction::sigmoid}};

struct ProfileName {
  std::string_view name;
  IccProfile profile;
};
constexpr std::array kProfiles{
    ProfileName{"no", IccProfile::none},          ProfileName{"yes", IccProfile::own},
    ProfileName{"srgb", IccProfile::srgb},        ProfileName{"adobergb", IccProfile::adobe_rgb},
    ProfileName{"rommrgb", IccProfile::romm_rgb}, ProfileName{"displayp3", IccProfile::display_p3}};

// The part of the picture between two corners, which may lie mirrored.
struct Span {
  int first = 0, count = 0;
  bool mirrored = false;
};
Result<Span> span_of(double begin, double length, int size) {
  if (length == 0) length = size - begin;
  double low = begin, high = begin + length;
  if (length < 0) std::swap(low, high);
  const int first = static_cast<int>(std::clamp(std::floor(low), 0.0, static_cast<double>(size)));
  const int last = static_cast<int>(std::clamp(std::ceil(high), 0.0, static_cast<double>(size)));
  if (last <= first)
    return Error{Errc::invalid_argument, "the viewport shows nothing of the picture"};
  return Span{first, last - first, length < 0};
}

Picture cut_out(const Picture& whole, const Span& across, const Span& down) {
  Picture part{
      .width = across.count, .height = down.count, .channels = whole.channels, .pixels = {}};
  const auto channels = static_cast<std::size_t>(whole.channels);
  part.pixels.reserve(static_cast<std::size_t>(part.width) * static_cast<std::size_t>(part.height) *
                      channels);
  for (int y = 0; y < down.count; ++y) {
    const int row = down.first + (down.mirrored ? down.count - 1 - y : y);
    for (int x = 0; x < across.count; ++x) {
      const int column = across.first + (across.mirrored ? across.count - 1 - x : x);
      const auto at = (static_cast<std::size_t>(row) * static_cast<std::size_t>(whole.width) +
                       static_cast<std::size_t>(column)) *
                      channels;
      for (std::size_t c = 0; c < channels; ++c) part.pixels.push_back(whole.pixels[at + c]);
    }
  }
  return part;
}

Result<Picture> shown(Picture picture, const Viewport& viewport) {
  DCMFS_TRY(const auto across, span_of(viewport.x, viewport.part_width, picture.width));
  DCMFS_TRY(const auto down, span_of(viewport.y, viewport.part_height, picture.height));
  if (across.mirrored || down.mirrored || across.count != picture.width ||
      down.count != picture.height)
    picture = cut_out(picture, across, down);
  if (viewport.width == 0 && viewport.height == 0) return picture;
  constexpr double kAny = std::numeric_limits<double>::max();
  const double scale =
      std::min(viewport.width == 0 ? kAny : static_cast<double>(viewport.width) / picture.width,
               viewport.height == 0 ? kAny : static_cast<double>(viewport.height) / picture.height);
  const int width = std::max(1, static_cast<int>(std::lround(picture.width * scale)));
  const int height = std::max(1, static_cast<int>(std::lround(picture.height * scale)));
  if (width == picture.width && height == picture.height) return picture;
  return resized(picture, width, height, Resampling::smooth);
}

Result<> parse_viewport(std::string_view text, Viewport& out) {
  DCMFS_TRY(const auto numbers, parse_numbers(text, 2, 6, "viewport"));
  for (const std::size_t i : {0, 1})
    if (!(numbers[i] >= 1 && numbers[i] <= kViewportMax && numbers[i] == std::trunc(numbers[i])))
      return Error{Errc::invalid_argument,
                   "viewport: its width and height are whole numbers from 1 to 16384"};
  out.width = static_cast<int>(numbers[0]);
  out.height = static_cast<int>(numbers[1]);
  const auto number = [&](std::size_t i) {
    return i < numbers.size() && !std::isnan(numbers[i]) ? numbers[i] : 0.0;
  };
  out.x = number(2);
  out.y = number(3);
  out.part_width = number(4);
  out.part_height = number(5);
  if (out.x < 0 || out.y < 0)
    return Error{Errc::invalid_argument, "viewport: its source begins inside the picture"};
  return {};
}

Result<Window> parse_window(std::string_view text) {
  Window window;
  const auto last = text.rfind(',');
  if (last != text.npos) {
    const auto found =
        std::ranges::find(kFunctions, trim(text.substr(last + 1)), &FunctionName::name);
    if (found != kFunctions.end()) {
      window.function = found->function;
      text = text.substr(0, last);
    }
  }
  DCMFS_TRY(const auto numbers, parse_numbers(text, 2, 2, "window"));
  window.center = numbers[0];
  window.width = numbers[1];
  const double width_min =
      window.function == VoiFunction::linear ? 1 : std::numeric_limits<double>::min();
  // PS3.3 C.11.2.1.2
  if (!std::isfinite(window.center) || !(window.width >= width_min) || !std::isfinite(window.width))
    return Error{Errc::invalid_argument,
                 "window: a centre, a width of 1 or more, and linear, linear-exact or sigmoid"};
  return window;
}

}  // namespace

std::string_view media_type(PictureType type) {
  return type == PictureType::jpeg ? "image/jpeg" : "image/png";
}

Result<std::vector<double>> parse_numbers(std::string_view list, std::size_t count_min,
                                          std::size_t count_max, std::string_view name) {
  std::vector<double> numbers;
  for (const auto part : split(list, ',')) {
    const auto text = trim(part);
    double number = std::numeric_limits<double>::quiet_NaN();
    if (!text.empty()) {
      const auto real = parse_real(text);
      if (!real)
        return Error{Errc::invalid_argument, std::string(name) + " has a number that is none"};
      number = *real;
    }
    numbers.push_back(number);
    if (numbers.size() > count_max) break;
  }
  if (numbers.size() < count_min || numbers.size() > count_max)
    return Error{Errc::invalid_argument, std::string(name) + " has too few numbers, or too many"};
  return numbers;
}

Result<PictureRequest> parse_picture_request(const Parameters& query) {
  PictureRequest out;
  if (const auto* viewport = query.find("viewport"))
    DCMFS_CHECK(parse_viewport(*viewport, out.viewport));
  if (const auto* window = query.find("window")) {
    DCMFS_TRY(out.window, parse_window(*window));
  }
  DCMFS_TRY(const auto quality, query.number("quality"));
  if (quality && (*quality < 1 || *quality > 100))
    return Error{Errc::invalid_argument, "quality is a number from 1 to 100"};
  if (quality) out.quality = static_cast<int>(*quality);
  DCMFS_CHECK(parse_wishes(query, out));
  return out;
}

Result<> parse_wishes(const Parameters& query, PictureRequest& out) {
  if (const auto* said = query.find("annotation")) {
    for (const auto part : split(*said, ',')) {
      const auto value = trim(part);
      if (value == "patient")
        out.annotations.patient = true;
      else if (value == "technique")
        out.annotations.technique = true;
      else
        return Error{Errc::invalid_argument, "annotation is patient, technique or both"};
    }
  }
  if (const auto* said = query.find("iccprofile")) {
    const auto* found = std::ranges::find(kProfiles, trim(*said), &ProfileName::name);
    if (found == kProfiles.end())
      return Error{Errc::invalid_argument,
                   "iccprofile is no, yes, srgb, adobergb, rommrgb or displayp3"};
    out.icc = found->profile;
  }
  return {};
}

void warn_of(const MadePicture& made, std::string_view base, Response& response) {
  if (made.not_done.empty()) return;
  response.headers.insert_or_assign(
      "Warning",
      "299 " + std::string(base) +
          "/dicom-web: The following parameter values are not supported: " + made.not_done);
}

namespace {

Result<Picture> as_sized(Picture picture, const PictureRequest& request) {
  Viewport viewport = request.viewport;
  if (const auto& region = request.region) {
    viewport.x = region->left * picture.width;
    viewport.y = region->top * picture.height;
    viewport.part_width = (region->right - region->left) * picture.width;
    viewport.part_height = (region->bottom - region->top) * picture.height;
  }
  return shown(std::move(picture), viewport);
}

Result<Picture> picture_of(const DicomFile& file, const PixelDescription& pixels, int frame,
                           const PictureRequest& request, const DicomFile* state) {
  if (state == nullptr) {
    DCMFS_TRY(auto rendered, render(file, {.frame = frame, .window = request.window}));
    return as_sized(std::move(rendered), request);
  }
  if (request.window)
    return Error{Errc::invalid_argument, "a presentation state has its own window"};
  DCMFS_TRY(const auto read, read_presentation_state(*state, file, pixels, frame));
  // PS3.18 9.5.2: a part is one of what the state shows. Of all of it lines and text are drawn in the size that is asked for.
  const Viewport& viewport = request.viewport;
  const bool is_part = request.region || viewport.x != 0 || viewport.y != 0 ||
                       viewport.part_width != 0 || viewport.part_height != 0;
  const FittedSize fit = is_part ? FittedSize{} : FittedSize{viewport.width, viewport.height};
  DCMFS_TRY(auto presented, present(file, pixels, frame, read, fit));
  if (!is_part) return presented;
  return as_sized(std::move(presented), request);
}

Result<std::string> encoded(const Picture& picture, const PictureRequest& request,
                            std::string_view icc) {
  if (request.type == PictureType::jpeg)
    return encode_jpeg(raster_of(picture), request.quality, icc);
  return icc.empty() ? encode_png(picture) : encode_png(raster_of(picture), kFastPng, icc);
}

}  // namespace

Result<MadePicture> make_picture(const DicomFile& file, int frame, const PictureRequest& request,
                                 const DicomFile* state) {
  const auto described = describe_pixels(file);
  if (!described)
    return Error{described.error().code == Errc::io ? Errc::io : Errc::not_supported,
                 described.error().message};
  if (frame < 0 || frame >= described->frames)
    return Error{Errc::not_found, "there is no such frame; the first is 1"};
  auto picture = picture_of(file, *described, frame, request, state);
  if (!picture && picture.error().code == Errc::corrupt)
    return Error{Errc::not_supported, std::move(picture).error().message};
  if (!picture) return std::move(picture).error();
  MadePicture made;
  const auto not_done = [&made](std::string_view what) {
    made.not_done.append(made.not_done.empty() ? "" : ", ").append(what);
  };
  const std::string profile_wish =
      "iccprofile " +
      std::string(std::ranges::find(kProfiles, request.icc, &ProfileName::profile)->name);
  std::string icc;
  if (request.icc != IccProfile::none) {
    // PS3.4 N.2.2: that of the state is instead of that of the image.
    auto profile = apply_profile(*picture, {state, &file}, request.icc);
    if (profile)
      icc = *std::move(profile);
    else
      not_done(profile_wish);
  }
  if (request.annotations.any() &&
      !annotate(*picture, annotation_lines(file, frame, request.annotations))) {
    if (request.annotations.patient) not_done("annotation patient");
    if (request.annotations.technique) not_done("annotation technique");
  }
  auto bytes = encoded(*picture, request, icc);
  if (!bytes && !icc.empty() && (bytes = encoded(*picture, request, {}))) not_done(profile_wish);
  if (!bytes) return std::move(bytes).error();
  made.bytes = *std::move(bytes);
  return made;
}

}  // namespace dcmfs::rest
